# frozen_string_literal: true

# A worker of GradMQ, made from schemas/PROTOCOL.md. Read it beside section 19 of that document: a
# comment that begins with a number names the subsection that the lines below it follow.
#
#   worker = GradMQ::Worker.new(control: "tcp://127.0.0.1:5570", name: "w1")
#   base, values = worker.parameters
#   worker.push(gradient(values), base: base, metrics: { "loss" => loss })
#   worker.leave

require_relative "control"
require_relative "ledger"

module GradMQ
  class Fenced < StandardError; end

  # All calls are for one thread; the lease has one of its own.
  class Worker
    # Section 18, in seconds; Describe tells how often there is a heartbeat.
    SYNC_RETRY = 0.1
    CONFIRM = 1.0
    RESYNC_JITTER = 0.1

    STATES = { 1 => "EMPTY", 2 => "STOPPED", 3 => "RUNNING", 4 => "CLOSING" }.freeze
    NOTICES = { 3 => :CLOSING, 8 => :EXPIRED, 9 => :FENCED, 11 => :TURNED_AWAY }.freeze
    EVENTS = { acknowledgement: :take, heartbeat: :beat, notice: :note }.freeze

    attr_reader :layout

    def initialize(control:, name:, secret: nil, server_key: nil, say: method(:warn))
      @endpoint = control
      @name = name
      @say = say
      @sockets = Sockets.new(secret, server_key)
      @control = Control.new(@sockets, control, say)
      @ledger = Ledger.new(say)
      @former = [] # instances that were left
      @from_lease = Queue.new
      forget
      describe
      subscribe
      join
      @lease_keeper = Thread.new { keep_lease }
    end

    # The newest parameters that have arrived: what a push states as its base, and the numbers.
    def parameters
      progress
      [@held, Payload.read(*@octets).flatten]
    end

    # 19.6. Numbers for all tensors, packed. Waits for credit.
    def push(numbers, base:, metrics: {}, timeout: 600)
      payload = Payload.octets(numbers, @layout.dtype)
      wait_until("waiting for credit: #{@ledger.size} gradients are not settled", timeout) do
        @ledger.room?(payload.bytesize)
      end
      header = MESSAGES["Gradient"].new(
        model: model, **incarnate, sequence: @ledger.next, low_water: @ledger.low_water,
        based_on: { epoch: base[0], version: base[1] }, layout: @layout_id,
        metrics: metrics.map { |metric, value| { name: metric, value: value } }
      )
      @ledger.add([Header.write(:gradient, header), *Payload.cut(payload)], payload.bytesize)
      progress
    end

    # Until nothing is unsettled.
    def settle(timeout: 600)
      wait_until("waiting for gradients to be settled", timeout) { @ledger.size.zero? }
    end

    # How many gradients came to which disposition, by its name.
    def counts = @ledger.counts

    # 19.10
    def leave(timeout: 600)
      settle(timeout: timeout)
      @closed = true
      @lease_keeper.join # a renewal that comes after the Leave would make a member again
      wait_until("leaving", timeout) do
        left = speak(:leave, last_sequence: @ledger.next - 1)&.left
        take(left.acknowledgement) if left
        left&.complete
      end
      [@control, @gradients, @updates, @events].each(&:close)
    end

    private

    def model = @control.model

    def incarnate = { worker: @name, incarnation: @incarnation }

    def heartbeat_s = @described.heartbeat_ms / 1000.0

    # What holds of one instance only.
    def forget
      @ledger.forget
      @held = @heartbeat = nil
      @heard = @moved_on = GradMQ.now
      @first = @confirm_at = @behind_since = nil
    end

    # ---- Requests (19.2)

    def ask(command, **fields) = @control.ask(command, **fields) { |reply| see(reply.position) }

    # One that speaks for this life of the worker: the reply, or nil where there is none now.
    def speak(command, **fields)
      ask(command, timeout: heartbeat_s, **incarnate, **fields).first
    rescue TimedOut
      nil
    rescue Refused => e
      raise fenced if e.code == "FENCED"
      raise unless %w[NOT_JOINED CLOSED].include?(e.code)

      @absent = true
      nil
    end

    def fenced = Fenced.new("a newer incarnation of #{@name} has joined; give each worker a name of its own")

    # P-5: a position, from wherever; some replies have none. False: it is of an instance that was left.
    def see(position)
      return true if position.nil? || [0, @instance].include?(position.instance)
      return false if @former.include?(position.instance)

      @former << @instance if @instance
      @moved = !@instance.nil?
      @instance = position.instance
      true
    end

    # 19.3
    def describe
      reply = nil
      until reply&.description&.layout
        @say.call("waiting for a model to be loaded into #{reply.model}") if reply
        sleep 1 if reply
        reply, = ask(:describe)
      end
      @control.model = reply.model
      @described = reply.description
      @layout = @described.layout
      @layout_id = Layout.id(@layout)
      raise "the layout id is computed wrongly" unless @layout_id == @described.layout_id
    end

    # 19.4; and the socket for gradients, which 19.5 begins with.
    def subscribe
      endpoints = %w[gradients updates events].map { |name| Sockets.reach(@described["#{name}_endpoints"], @endpoint) }
      return fetch if endpoints == @endpoints

      [@gradients, @updates, @events].compact.each(&:close)
      @stream = @layout.dtype == 2 ? "f64" : "f32"
      nonce = SecureRandom.random_number(1...2**64)
      mark = GradMQ.topic(:sync, nonce: nonce)
      mine = { model: model, worker: @name }
      topics = [GradMQ.topic(:ack, **mine), GradMQ.topic(:all, **mine), GradMQ.topic(:one, **mine)]
      @gradients = @sockets.open(ZMQ::PUSH, endpoints[0], ZMQ::IMMEDIATE => 1, ZMQ::SNDTIMEO => 1000)
      @updates = @sockets.listen(endpoints[1], [mark, GradMQ.topic(:params, model: model, stream: @stream)])
      @events = @sockets.listen(endpoints[2], [mark, *topics])
      @marks = {}
      until @marks.size == 2
        ask(:sync, nonce: nonce)
        read_sockets(SYNC_RETRY)
      end
      @endpoints = endpoints
      fetch
    end

    # GetModelParameters, where what is held is not the newest.
    def fetch
      @behind_since = nil
      newer_than = @held && { newer_than: { epoch: @held[0], version: @held[1] } }
      reply, frames = ask(:get_model_parameters, stream: @stream, **newer_than.to_h)
      body = reply.model_parameters
      hold(reply.position, body.layout_id, body, frames) unless body.unchanged
    rescue Refused => e
      raise unless @held && %w[CLOSED NO_MODEL].include?(e.code)
    end

    # What comes of an update or a Get, unless it is older than what is held.
    def hold(position, layout_id, message, frames)
      here = [position.epoch, position.version]
      @changed = true if layout_id != @layout_id
      return if @changed || position.instance != @instance || (@held && (here <=> @held) <= 0)

      pieces = Payload.pieces(@layout, message)
      Payload.check(pieces, frames)
      @octets = [pieces, frames]
      @held = here
    end

    # 19.5: without an incarnation the first time, with it ever after.
    def join
      again = @incarnation ? { incarnation: @incarnation, low_water: @ledger.low_water } : {}
      joined = ask(:join, worker: @name, **again).first.joined
      @incarnation ||= joined.incarnation
      @lease = joined.lease_ms / 1000.0
      @absent = false
      take(joined.acknowledgement)
    rescue Refused => e
      raise fenced if e.code == "FENCED"
      raise unless e.code == "CLOSED" && @incarnation

      @absent = true # and tried again: another instance may come
      sleep SYNC_RETRY
    end

    # The thread that renews. What it is told goes to the thread of the worker.
    def keep_lease
      control = Control.new(@sockets, @endpoint, ->(words) {})
      control.model = model
      renewed = GradMQ.now
      until @closed
        sleep 0.05
        next if GradMQ.now - renewed < @lease / 3

        renewed = GradMQ.now
        begin
          control.ask(:join, timeout: @lease / 3, **incarnate, low_water: @ledger.low_water) do |reply|
            @from_lease << reply
          end
        rescue TimedOut, Refused
          next # the worker learns the same by itself
        end
      end
      control.close
    end

    def renewed(reply)
      raise fenced if see(reply.position) && GradMQ.code_name(reply.code) == "FENCED"

      take(reply.joined&.acknowledgement)
    end

    # ---- What every call does and every wait repeats: read, take in, send what is due (19.7)

    def progress(seconds = 0)
      read_sockets(seconds)
      renewed(@from_lease.pop) until @from_lease.empty?
      follow while @moved || @changed
      come_back if @absent
      fetch_late
      look_for_losses
      @ledger.send_due { |frames| ZMQ::Util.resultcode_ok?(@gradients.send_strings(frames, ZMQ::DONTWAIT)) }
    end

    def take(ack)
      return unless ack && ack.position&.instance == @instance && ack.incarnation == @incarnation

      missing = @ledger.take(ack) or return
      @absent = true if missing.any? { |code| GradMQ.code_name(code) == "NOT_JOINED" }
      @confirm_at ||= GradMQ.now if missing.include?(0)
    end

    # 19.9: another instance, or another layout of the same one.
    def follow
      moved = @moved
      @moved = @changed = false
      forget if moved
      describe
      subscribe
      join if moved
    end

    # 19.9: no member any more. What was turned away meanwhile shows as missing.
    def come_back
      join
      @confirm_at ||= GradMQ.now
    end

    # 19.4, step 4: a heartbeat was ahead of what is held for too long.
    def fetch_late
      return unless @behind_since && GradMQ.now - @behind_since > heartbeat_s

      sleep(rand * RESYNC_JITTER)
      fetch
    end

    # 19.8, without waiting: each call takes the next step when its time has come.
    def look_for_losses
      now = GradMQ.now
      @moved_on = now if @ledger.size.zero? || @ledger.low_water != @lowest
      @lowest = @ledger.low_water
      late = [@heard, @moved_on].min < now - 3 * heartbeat_s
      return unless @confirm_at ? now >= @confirm_at : late

      @heard = @moved_on = now
      ack = speak(:acknowledgement, sent_through: @ledger.next - 1)&.acknowledgement
      return if ack.nil? || @moved

      take(ack)
      lost = @ledger.lost(ack)
      twice = @first && @first[0] == @ledger.received
      @ledger.send_again(lost & @first[1]) if twice
      @first = twice || lost.empty? ? nil : [@ledger.received, lost]
      @confirm_at = @first && now + CONFIRM
    end

    # ---- What is published

    def read_sockets(seconds)
      Sockets.wait([@updates, @events], seconds)
      { update: @updates, event: @events }.each do |kind, socket|
        while (frames = Sockets.receive(socket, ZMQ::DONTWAIT))
          published(kind, *frames)
        end
      end
    end

    def published(kind, topic, header, *payload)
      return @marks[kind] = true if topic.start_with?("sync/")

      message = Header.read(kind, header)
      if kind == :update
        hold(message.position, message.layout, message, payload) if see(message.position)
      elsif message.body && EVENTS.key?(message.body)
        body = message[message.body.to_s]
        heard(EVENTS[message.body], body) if see(body.position)
      end
    rescue Refused => e
      @say.call("what was published is not understood: #{e.message}") # of a later minor version, perhaps
    end

    def heard(call, body)
      @heard = GradMQ.now
      send(call, body)
    end

    def beat(heartbeat)
      @heartbeat = heartbeat
      ahead = @held && ([heartbeat.position.epoch, heartbeat.position.version] <=> @held).positive?
      @behind_since = ahead ? @behind_since || GradMQ.now : nil
    end

    # 19.9, of this life of this worker. Whether it is fenced is told by the Join that follows.
    def note(notice)
      kind = NOTICES[notice.notice]
      return @say.call("the coordinator closes: #{notice.message}") if kind == :CLOSING
      return unless notice.worker == @name && notice.incarnation == @incarnation

      @absent = true if %i[EXPIRED FENCED].include?(kind) || %w[NOT_JOINED FENCED].include?(GradMQ.code_name(notice.code))
    end

    # ---- 19.11: no wait is silent

    def wait_until(what, timeout)
      begun = told = GradMQ.now
      until yield
        now = GradMQ.now
        raise TimedOut, "#{what}; #{news}" if now - begun > timeout

        if now - told >= 1
          @say.call("#{what}; #{news}")
          told = now
        end
        progress(0.05)
      end
    end

    def news
      silent = GradMQ.now - @heard
      return format("nothing was heard for %d s", silent) if silent > 3 * heartbeat_s || !@heartbeat

      ["state #{STATES[@heartbeat.state] || @heartbeat.state}", @heartbeat.why,
       *@heartbeat.waiting_for.map { |name| "waiting for #{name}" }].reject(&:empty?).join("; ")
    end
  end
end
