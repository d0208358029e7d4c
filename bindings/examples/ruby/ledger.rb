# frozen_string_literal: true

# What a worker has pushed and does not know the end of: the lower half of the table in 19.1 of
# schemas/PROTOCOL.md, and what acknowledgements do to it (19.7). No socket, no clock.

require "set"
require_relative "wire"

module GradMQ
  class Ledger
    Kept = Struct.new(:frames, :octets)
    DISPOSITIONS = %w[UNKNOWN APPLIED EXCLUDED SKIPPED REFUSED DISCARDED].freeze

    attr_reader :next, :received, :counts

    def initialize(say)
      @say = say
      @kept = {}            # sequence -> frames as they were sent
      @due = Set.new        # of those, what has to be sent, for the first time or again
      @next = 1
      @counts = Hash.new(0) # how many came to which disposition
      forget
    end

    # Another instance: what the former one told does not hold, and all has to be sent again (19.9).
    def forget
      @received = @settled = 0
      @credit = [1, 0]
      @due.merge(@kept.keys)
    end

    def size = @kept.size

    def low_water = @kept.keys.min || @next

    # C-1: whether a gradient of that many octets may be sent beside `others`.
    def room?(octets, others = @kept)
      others.empty? ||
        (others.size < @credit[0] && others.sum { |_, kept| kept.octets } + octets <= @credit[1])
    end

    def add(frames, octets)
      @kept[@next] = Kept.new(frames, octets)
      @due << @next
      @next += 1
    end

    # Gives what is due to the block, lowest first, as long as there is credit and the block takes it.
    def send_due
      @due.sort.each do |sequence|
        return unless room?(@kept[sequence].octets, @kept.except(*@due)) && yield(@kept[sequence].frames)

        @due.delete(sequence)
      end
    end

    def send_again(sequences) = @due.merge(sequences)

    # An acknowledgement of this instance and incarnation. The codes of what is missing: nil where it is
    # older than one that was taken in, 0 for what was lost or is late.
    def take(ack)
      return if ack.received_through < @received || ack.settled_through < @settled

      @received = ack.received_through
      @settled = ack.settled_through
      @credit = [ack.credit_gradients, ack.credit_bytes]
      listed = ack.dispositions.to_h { |disposition| [disposition.sequence, disposition] }
      @kept.keys.select { |sequence| sequence <= @settled }.each { |sequence| settle(sequence, listed, ack) }
      gone = missing(ack)
      send_again(gone.select { |_, code| code != 0 && GradMQ.code_name(code) != "CLOSED" }.map(&:first))
      gone.map(&:last).uniq
    end

    # What is missing without a code.
    def lost(ack) = missing(ack).select { |_, code| code.zero? }.map(&:first)

    private

    # Pairs of sequence and code, of what is kept.
    def missing(ack)
      ack.missing.flat_map do |range|
        @kept.keys.select { |sequence| sequence.between?(range.first, range.last) }.map { |s| [s, range.code] }
      end
    end

    # Settled and not listed is APPLIED, as far back as the list goes (S-6).
    def settle(sequence, listed, ack)
      @kept.delete(sequence)
      @due.delete(sequence)
      found = listed[sequence]
      number = found ? found.disposition : (sequence >= ack.dispositions_from ? 1 : 0)
      name = DISPOSITIONS[number] || "disposition #{number}"
      @counts[name] += 1
      return if name == "APPLIED"

      @say.call("gradient #{sequence} is #{[name, (GradMQ.code_name(found.code) if found)].compact.join(': ')}")
    end
  end
end
