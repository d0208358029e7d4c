# frozen_string_literal: true

# Trains the digits network, 64 - 128 - 10, on one part of the images, in plain Ruby arithmetic. How to
# run it: README.md beside this file.

require "optparse"
require_relative "gradmq"

module Digits
  PIXELS = 64
  HIDDEN = 128
  CLASSES = 10
  BATCH = 32
  # Where each tensor begins in the packed parameters (section 5).
  HIDDEN_BIAS = HIDDEN * PIXELS
  OUTPUT = HIDDEN_BIAS + HIDDEN
  OUTPUT_BIAS = OUTPUT + CLASSES * HIDDEN
  ELEMENTS = OUTPUT_BIAS + CLASSES

  module_function

  # [dark pixels as pairs of place and value, class] of each image of a part; held-out ones are left out.
  def images(file, part, parts)
    seen = Hash.new(0)
    trained = File.readlines(file).filter_map do |line|
      *pixels, digit = line.split(",").map(&:to_i)
      next if ((seen[digit] += 1) % 5).zero?

      [pixels.each_with_index.filter_map { |dark, place| [place, dark / 16.0] if dark.positive? }, digit]
    end
    trained.select.with_index { |_, i| i % parts == part - 1 }
  end

  # The mean loss of a batch, and its gradient.
  def gradient(values, batch)
    gradient = Array.new(ELEMENTS, 0.0)
    loss = batch.sum { |pixels, digit| add(gradient, values, pixels, digit, 1.0 / batch.size) }
    [loss / batch.size, gradient]
  end

  # One image: forward, then back. `share` is how much it counts.
  def add(gradient, values, pixels, digit, share)
    hidden = Array.new(HIDDEN) do |i|
      row = i * PIXELS
      sum = values[HIDDEN_BIAS + i]
      pixels.each { |place, dark| sum += values[row + place] * dark }
      sum.positive? ? sum : 0.0
    end
    active = hidden.each_index.select { |i| hidden[i].positive? }
    scores = Array.new(CLASSES) do |c|
      row = OUTPUT + c * HIDDEN
      active.sum(values[OUTPUT_BIAS + c]) { |i| values[row + i] * hidden[i] }
    end
    chances = softmax(scores)
    back = Array.new(HIDDEN, 0.0)
    chances.each_with_index do |chance, c|
      error = share * (c == digit ? chance - 1 : chance)
      gradient[OUTPUT_BIAS + c] += error
      row = OUTPUT + c * HIDDEN
      active.each do |i|
        gradient[row + i] += error * hidden[i]
        back[i] += error * values[row + i]
      end
    end
    active.each do |i|
      gradient[HIDDEN_BIAS + i] += back[i]
      row = i * PIXELS
      pixels.each { |place, dark| gradient[row + place] += back[i] * dark }
    end
    -Math.log([chances[digit], 1e-30].max)
  end

  def softmax(scores)
    powers = scores.map { |score| Math.exp(score - scores.max) }
    powers.map { |power| power / powers.sum }
  end

  def options
    given = { part: 1, parts: 1, gradients: 1000, name: "ruby-#{Process.pid}", control: "tcp://127.0.0.1:5570",
              data: File.expand_path("../digits/digits.csv", __dir__) }
    OptionParser.new do |parser|
      %w[--control=ENDPOINT --name=NAME --data=FILE --secret=FILE --server-key=FILE].each { |form| parser.on(form) }
      %w[--part=I --parts=N --gradients=G].each { |form| parser.on(form, Integer) }
    end.parse!(into: given)
    given
  end

  def main
    given = options
    mine = images(given[:data], given[:part], given[:parts])
    worker = GradMQ::Worker.new(control: given[:control], name: given[:name], secret: given[:secret],
                                server_key: given[:"server-key"])
    abort "the model is not the digits network" unless worker.layout.tensors.sum { |t| GradMQ::Layout.elements(t) } == ELEMENTS
    given[:gradients].times do
      base, values = worker.parameters
      loss, numbers = gradient(values, mine.sample(BATCH))
      worker.push(numbers, base: base, metrics: { "loss" => loss })
      worker.settle
    end
    worker.leave
    applied = worker.counts["APPLIED"]
    puts "#{given[:name]}: #{given[:gradients]} gradients, #{applied} applied, #{given[:gradients] - applied} not"
    exit(applied == given[:gradients])
  end
end

Digits.main if $PROGRAM_NAME == __FILE__
