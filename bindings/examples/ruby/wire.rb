# frozen_string_literal: true

# What is on the wire: messages and frames (section 2 of schemas/PROTOCOL.md), numbers (section 3),
# layouts and payloads (section 5). Nothing here opens a socket.

require "digest"
require "google/protobuf"
require "google/protobuf/descriptor_pb"

module GradMQ
  # Section 17: a code is its place in this list.
  CODES = %w[OK INTERNAL MEMORY BUSY MALFORMED PREAMBLE VERSION UNSUPPORTED COMMAND ARGUMENT NAME
             MODEL NO_MODEL STATE CLOSED LAYOUT SHAPE LENGTH ALIGNMENT FRAMES TOO_LARGE NON_FINITE
             EPOCH BASE STALE LATE NOT_JOINED FENCED WINDOW QUEUE_FULL CONDITION REQUEST_ID
             PERMISSION].freeze

  # An unknown code is one of a later minor version: it is shown as a number (N-2).
  def self.code_name(code) = CODES[code] || "code #{code}"

  # Something was refused, by the coordinator or by what is read here.
  class Refused < StandardError
    attr_reader :code

    def initialize(code, words = nil)
      @code = code
      super([code, words].compact.join(": "))
    end
  end

  # The messages are read from the schema itself, so that no generated file has to be kept.
  SCHEMAS = File.expand_path("../../../schemas", __dir__)
  POOL = Google::Protobuf::DescriptorPool.generated_pool
  compiled = IO.popen(["protoc", "-I", SCHEMAS, "--include_imports", "--descriptor_set_out=/dev/stdout",
                       *%w[control event update].map { |name| "gradmq/v1/#{name}.proto" }], "rb", &:read)
  files = Google::Protobuf::FileDescriptorSet.decode(compiled).file
  files.each { |file| POOL.add_serialized_file(file.to_proto) }
  MESSAGES = files.flat_map { |file| file.message_type.map(&:name) }
                  .to_h { |name| [name, POOL.lookup("gradmq.v1.#{name}").msgclass] }.freeze

  TOPICS = { params: "params/%<model>s/%<stream>s/", ack: "ack/%<model>s/%<worker>s/", all: "event/%<model>s/all/",
             one: "event/%<model>s/w/%<worker>s/", announce: "announce/%<model>s/",
             malformed: "malformed/%<model>s/", sync: "sync/%<nonce>016x/" }.freeze

  def self.topic(kind, **names) = format(TOPICS[kind], **names)

  # Headers: a preamble of 8 octets, then the message of that kind.
  module Header
    MAGIC = "GMQ\xF1".b
    HEADER_BYTES = 1_048_576
    KINDS = %i[gradient update event request reply].freeze

    module_function

    def write(kind, message) = MAGIC + [1, KINDS.index(kind) + 1, 0].pack("CCS<") + message.to_proto

    def read(kind, frame)
      raise Refused, "MALFORMED" if frame.nil? || frame.bytesize < 8
      raise Refused, "PREAMBLE" unless frame.start_with?(MAGIC)

      major, number, flags = frame.unpack("@4CCS<")
      raise Refused, "VERSION" unless major == 1
      raise Refused, "PREAMBLE" unless number == KINDS.index(kind) + 1
      raise Refused, "UNSUPPORTED" unless flags.zero?
      raise Refused, "TOO_LARGE" if frame.bytesize > HEADER_BYTES

      understood(MESSAGES[kind.to_s.capitalize].decode(frame.byteslice(8..)))
    rescue Google::Protobuf::ParseError, EncodingError => e
      raise Refused.new("MALFORMED", e.message)
    end

    # W-8, and N-2 for what carries a payload.
    def understood(message)
      fields = message.class.descriptor.to_a.map(&:number)
      carrier = message.is_a?(MESSAGES["Reply"]) ? message.model_parameters : message
      wanted = message.respond_to?(:must_understand) ? message.must_understand.to_a : []
      raise Refused, "UNSUPPORTED" unless (wanted - fields).empty?

      { dtype: Payload::DTYPES, encoding: Payload::ENCODINGS }.each do |field, known|
        next unless carrier.respond_to?(field) && carrier.send("has_#{field}?")
        raise Refused, "UNSUPPORTED" unless known.key?(carrier[field.to_s])
      end
      message
    end
  end

  # Section 5: what a model looks like, and its id.
  module Layout
    module_function

    def canonical(layout)
      "gradmq.layout.v1\n".b + [layout.dtype, layout.tensors.size].pack("L<2") +
        layout.tensors.map do |tensor|
          name = tensor.name.b
          [name.bytesize].pack("L<") + name + [tensor.shape.size, *tensor.shape].pack("L<Q<*")
        end.join
    end

    def id(layout) = Digest::SHA256.digest(canonical(layout)).unpack1("Q<")

    def elements(tensor) = tensor.shape.reduce(1, :*)

    # L-1 and A-2.
    def check(layout)
      tensors = layout.tensors.to_a
      names = tensors.map(&:name)
      raise Refused, "UNSUPPORTED" unless [1, 2].include?(layout.dtype)
      raise Refused, "NAME" unless names.uniq.size == names.size && names.all? { |name| name?(name) }
      raise Refused, "SHAPE" unless (1..8192).cover?(tensors.size) && tensors.sum { |t| elements(t) } <= 2**40
      raise Refused, "SHAPE" if tensors.any? { |t| t.shape.size > 8 || t.shape.include?(0) }
    end

    def name?(name) = (1..128).cover?(name.bytesize) && name != "__metadata__" && name !~ /[\u0000-\u001F\u007F]/
  end

  # Section 5: payloads. This client knows the encodings that streams have: DENSE and INT8.
  module Payload
    DTYPES = { 1 => 4, 2 => 8, 3 => 2, 4 => 2 }.freeze # octets of F32, F64, F16, BF16
    ENCODINGS = { 1 => :DENSE, 2 => :ROWS, 3 => :TOP_K, 4 => :INT8, 5 => :LOW_RANK }.freeze
    FRAME_BYTES = 1 << 20
    FRAMES = 65_536
    BLOCK = 256

    # One part with all that is said elsewhere when it does not say it itself.
    Piece = Struct.new(:elements, :encoding, :dtype, :bytes, :count) do
      def blocks = elements.fdiv(BLOCK).ceil

      # What lies in it, in order: how many units of how many octets.
      def units
        raise Refused, "UNSUPPORTED" unless [1, 4].include?(encoding) && DTYPES.key?(dtype)
        raise Refused, "ARGUMENT" if count
        raise Refused, "UNSUPPORTED" if encoding == 4 && dtype != 1

        encoding == 1 ? [[elements, DTYPES[dtype]]] : [[blocks, 4], [elements, 1]]
      end

      def octets = units.sum { |number, size| number * size }

      def values(octets)
        return Payload.numbers(octets, dtype) if encoding == 1

        scales = octets.unpack("e#{blocks}")
        octets.unpack("@#{4 * blocks}c*").each_with_index.map { |octet, i| octet * scales[i / BLOCK] }
      end
    end

    module_function

    # The pieces of a payload. `message` has parts, or speaks for all tensors by its dtype and encoding.
    def pieces(layout, message)
      parts = message.respond_to?(:parts) ? message.parts.to_a : []
      dtype = message.has_dtype? ? message.dtype : layout.dtype
      if parts.empty?
        encoding = message.respond_to?(:encoding) && message.has_encoding? ? message.encoding : 1
        return layout.tensors.map { |tensor| Piece.new(Layout.elements(tensor), encoding, dtype) }
      end

      indices = parts.map(&:tensor)
      raise Refused, "ARGUMENT" unless indices == indices.uniq.sort && indices.max < layout.tensors.size

      parts.map do |part|
        Piece.new(Layout.elements(layout.tensors[part.tensor]), part.has_encoding? ? part.encoding : 1,
                  part.has_dtype? ? part.dtype : dtype, (part.bytes if part.has_bytes?),
                  (part.count if part.has_count?))
      end
    end

    # W-11 to W-13 and L-5: the frames are what the pieces say.
    def check(pieces, frames)
      raise Refused, "FRAMES" if frames.size > FRAMES

      sizes = pieces.map(&:octets)
      raise Refused, "LENGTH" if frames.any?(&:empty?) || frames.sum(&:bytesize) != sizes.sum
      raise Refused, "LENGTH" if pieces.zip(sizes).any? { |piece, size| piece.bytes && piece.bytes != size }

      ends = frames.reduce([0]) { |sums, frame| sums << sums.last + frame.bytesize }
      start = 0
      pieces.flat_map(&:units).each do |number, size|
        past = start + number * size
        raise Refused, "ALIGNMENT" if ends.any? { |cut| cut.between?(start, past) && (cut - start) % size != 0 }

        start = past
      end
    end

    # One array of numbers a piece.
    def read(pieces, frames)
      check(pieces, frames)
      octets = frames.join
      start = 0
      pieces.map do |piece|
        piece.values(octets.byteslice(start, piece.octets)).tap { start += piece.octets }
      end
    end

    # Frames of 1 MiB end between elements, whose size is a power of two (W-10, W-12).
    def cut(octets) = (0...octets.bytesize).step(FRAME_BYTES).map { |start| octets.byteslice(start, FRAME_BYTES) }

    def numbers(octets, dtype)
      case dtype
      when 1 then octets.unpack("e*")
      when 2 then octets.unpack("E*")
      when 3 then octets.unpack("S<*").map { |half| half_to_float(half) }
      when 4 then octets.unpack("S<*").map { |upper| upper << 16 }.pack("L<*").unpack("e*")
      end
    end

    def octets(numbers, dtype) = numbers.pack(dtype == 2 ? "E*" : "e*")

    def half_to_float(half)
      sign = half[15] == 1 ? -1.0 : 1.0
      exponent = half[10, 5]
      fraction = half[0, 10]
      return sign * (fraction.zero? ? Float::INFINITY : Float::NAN) if exponent == 31

      sign * (exponent.zero? ? Math.ldexp(fraction, -24) : Math.ldexp(1024 + fraction, exponent - 25))
    end
  end
end
