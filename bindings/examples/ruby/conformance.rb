# frozen_string_literal: true

# Runs the golden vectors of schemas/vectors, each as the README there says, and prints a line for each:
# "ok NAME", "not ok NAME" or "skip NAME: REASON". A client reads replies, updates and events, and writes
# requests and gradients; what it would refuse of these two as a coordinator is skipped.

require "json"
require "set"
require_relative "wire"

module Conformance
  FOLDER = File.join(GradMQ::SCHEMAS, "vectors")
  KINDS = %w[gradient update event request reply].freeze
  # What the vectors' README lists: fields whose presence says something, and defaults that are not 0.
  PRESENCE = %w[based_on clock if_epoch if_version newer_than deadline_ms previous_published_epoch
                previous_published_version].freeze
  DEFAULTS = { "kind" => 1, "weight" => 1.0, "loss_scale" => 1.0, "encoding" => 1, "rate_scale" => 1.0 }.freeze
  # The rules of which a reader of any kind holds a header against: frames, preamble, protobuf.
  READERS = %w[W-1 W-2 W-3 W-4 W-5].freeze

  class Skip < StandardError; end
  class Wrong < StandardError; end

  module_function

  def frames(list)
    list.flat_map do |entry|
      next [octets(entry)] unless entry.is_a?(Hash) && entry.key?("frame")

      [octets(entry["frame"])] * entry["times"]
    end
  end

  def octets(pieces)
    (pieces.is_a?(Array) ? pieces : [pieces]).map { |piece| piece.is_a?(Hash) ? hex(piece["repeat"]) * piece["count"] : hex(piece) }.join
  end

  def hex(text) = [text].pack("H*")

  def from_json(name, value) = GradMQ::MESSAGES[name].decode_json(JSON.generate(value))

  # What a message says (W-9): absent is the same as default, but where presence says something.
  def meaning(message)
    name = message.class.descriptor.name
    message.class.descriptor.to_a.each_with_object({}) do |field, said|
      value = field.get(message)
      if field.label == :repeated
        said[field.name] = value.map { |item| field.type == :message ? meaning(item) : item } unless value.empty?
      elsif field.has?(message)
        default = field.name == "low_water" && name.end_with?("Gradient") ? 1 : DEFAULTS.fetch(field.name, field.default)
        kept = PRESENCE.include?(field.name) || (name.end_with?("Part") && field.name == "bytes")
        said[field.name] = field.type == :message ? meaning(value) : value.to_s if kept || value != default
      end
    end
  end

  def same(wanted, found)
    raise Wrong, "wanted #{wanted.inspect}, found #{found.inspect}" unless wanted == found
  end

  # What the block is refused with, else OK.
  def code
    yield
    "OK"
  rescue GradMQ::Refused => e
    e.code
  end

  def header(kind, vector)
    topic, *rest = frames(vector["frames"])
    rest.unshift(topic) unless %w[update event].include?(kind)
    return malformed(kind, vector, rest.first) if vector["error"]

    wanted = meaning(from_json(kind.capitalize, vector["message"]))
    read = GradMQ::Header.read(kind.to_sym, rest.first)
    same(wanted, meaning(read))
    same(wanted, meaning(GradMQ::Header.read(kind.to_sym, GradMQ::Header.write(kind.to_sym, read))))
    same(vector["check"], code { check(vector, read, rest.drop(1)) }) if vector["check"]
  end

  def malformed(kind, vector, frame)
    found = code { GradMQ::Header.read(kind.to_sym, frame) }
    return if found == vector["error"] || (found == "OK" && vector["may_take"])
    if found == "OK" && %w[gradient request].include?(kind) && !READERS.include?(vector["rule"])
      raise Skip, "a client writes a #{kind} and does not judge it"
    end

    same(vector["error"], found)
  end

  # A gradient against its layout. An encoding that is not known may be UNSUPPORTED whatever it says.
  def check(vector, gradient, payload)
    layout = layouts[vector["layout"]]
    raise GradMQ::Refused, "LAYOUT" unless gradient.layout == GradMQ::Layout.id(layout)
    raise GradMQ::Refused, payload.empty? ? "OK" : "LENGTH" if gradient.kind == 4

    pieces = GradMQ::Payload.pieces(layout, gradient)
    GradMQ::Payload.check(pieces, payload)
  rescue GradMQ::Refused => e
    raise unless e.code == "UNSUPPORTED" && unknown?(gradient.parts)

    raise GradMQ::Refused, vector["check"]
  end

  def unknown?(parts) = parts.any? { |part| ![0, 1, 4].include?(part.encoding) }

  def layouts
    @layouts ||= vectors("layout").select { |vector| vector["id"] }
                                  .to_h { |vector| [vector["name"], from_json("Layout", vector["layout"])] }
  end

  def layout(_, vector)
    layout = from_json("Layout", vector["layout"])
    same(vector["error"] || "OK", code { GradMQ::Layout.check(layout) })
    return if vector["error"]

    same(vector["canonical"], GradMQ::Layout.canonical(layout).unpack1("H*"))
    same(vector["id"], GradMQ::Layout.id(layout).to_s)
  end

  def payload(_, vector)
    gradient = from_json("Gradient", { dtype: vector["dtype"], parts: vector["parts"] })
    values = nil
    found = code do
      pieces = GradMQ::Payload.pieces(from_json("Layout", vector["layout"]), gradient)
      values = GradMQ::Payload.read(pieces, frames(vector["frames"]))
    end
    return same("UNSUPPORTED", found) if unknown?(gradient.parts)

    same(vector["error"] || "OK", found)
    same(vector["values"], values) unless vector["error"]
  end

  def dtype(_, vector)
    numbers = %w[_ F32 F64 F16 BF16]
    raise Skip, "this client writes F32 and F64 alone" unless %w[F32 F64].include?(vector["to"])

    from, to = vector.values_at("from", "to").map { |name| numbers.index(name) }
    read = GradMQ::Payload.numbers(hex(vector["input"]), from)
    same(vector["output"], GradMQ::Payload.octets(read, to).unpack1("H*"))
  end

  def topic(_, vector)
    of = vector["of"].to_h { |name, value| [name.to_sym, name == "nonce" ? value.to_i : value] }
    kinds = GradMQ::TOPICS.select { |_, form| form.scan(/<(\w+)>/).flatten.map(&:to_sym) == of.keys }.keys
    same(1, kinds.count { |kind| GradMQ.topic(kind, **of) == vector["topic"] })
  end

  def vectors(subject) = JSON.parse(File.read(File.join(FOLDER, "#{subject}.json")))["vectors"]

  def main
    failed = false
    Dir.children(FOLDER).sort.grep(/json\z/).map { |file| File.basename(file, ".json") }.each do |subject|
      vectors(subject).each do |vector|
        name = "#{subject}/#{vector['name']}"
        KINDS.include?(subject) ? header(subject, vector) : send(subject, subject, vector)
        puts "ok #{name}"
      rescue Skip => e
        puts "skip #{name}: #{e.message}"
      rescue StandardError => e
        failed = true
        puts "    #{e.class}: #{e.message}".slice(0, 500), "not ok #{name}"
      end
    end
    exit(!failed)
  end
end

Conformance.main
