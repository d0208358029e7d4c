# frozen_string_literal: true

# Sockets (section 1 of schemas/PROTOCOL.md, CURVE by section 20) and requests (19.2).

require "ffi-rzmq"
require "securerandom"
require_relative "wire"

module GradMQ
  class TimedOut < StandardError; end

  def self.now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

  # Sockets as section 1 wants them, with CURVE (section 20) where there are certificates.
  class Sockets
    def initialize(secret, server_key)
      @context = ZMQ::Context.new
      @keys = secret ? curve(File.read(secret), File.read(server_key)) : {}
    end

    def open(type, endpoint, **options)
      socket = @context.socket(type)
      { ZMQ::LINGER => 2000, **@keys, **options }.each do |option, value|
        raise "a socket's option #{option} is refused" unless socket.setsockopt(option, value).zero?
      end
      raise "cannot connect to #{endpoint}" unless socket.connect(endpoint).zero?

      socket
    end

    def listen(endpoint, topics)
      open(ZMQ::SUB, endpoint).tap { |socket| topics.each { |topic| socket.setsockopt(ZMQ::SUBSCRIBE, topic) } }
    end

    # Until one of them has something, at most so long.
    def self.wait(sockets, seconds)
      poller = ZMQ::Poller.new
      sockets.each { |socket| poller.register_readable(socket) }
      poller.poll((seconds * 1000).ceil)
    end

    def curve(own, server)
      key = ->(text, name) { text[/^\s*#{name}-key\s*=\s*"(.{40})"/, 1] or raise "no #{name} key" }
      { ZMQ::CURVE_SERVERKEY => key[server, "public"], ZMQ::CURVE_PUBLICKEY => key[own, "public"],
        ZMQ::CURVE_SECRETKEY => key[own, "secret"] }
    end

    # All the frames that are there within the socket's time-out or, with DONTWAIT, at once; nil: none.
    def self.receive(socket, flags = 0)
      frames = []
      frames if ZMQ::Util.resultcode_ok?(socket.recv_strings(frames, flags))
    end

    # The first of these endpoints that can be reached from where control was reached (K-2).
    def self.reach(endpoints, control)
      host = control[%r{\Atcp://(.*):\d+\z}, 1]
      wildcard = %r{\Atcp://(\*|0\.0\.0\.0|\[::\]):}
      there = endpoints.select { |endpoint| host || endpoint !~ wildcard }
      raise "none of #{endpoints.join(', ')} can be reached from #{control}" if there.empty?

      alike = there.find { |endpoint| endpoint[/\A\w+/] == control[/\A\w+/] }
      (alike || there.first).sub(wildcard) { "tcp://#{host}:" }
    end
  end

  # 19.2: requests, each answered once, however often it has to be sent. For one thread.
  class Control
    REQUEST_TIMEOUT = 5.0 # request_timeout_ms of section 18

    attr_accessor :model

    def initialize(sockets, endpoint, say)
      @sockets = sockets
      @endpoint = endpoint
      @say = say
      @client = "ruby-#{SecureRandom.hex(8)}" # R-8
      @id = 0
    end

    # The reply and its payload. What is refused raises Refused, no answer in time TimedOut.
    def ask(command, timeout: 60, **fields)
      request = MESSAGES["Request"].new(client: @client, request_id: @id += 1, model: @model, command => fields)
      frame = Header.write(:request, request)
      deadline = GradMQ.now + timeout
      pause = 0.1
      loop do
        reply, payload = answer(frame, [GradMQ.now + REQUEST_TIMEOUT, deadline].min)
        yield reply if reply
        return [reply, payload] if reply&.code&.zero?
        raise Refused.new(GradMQ.code_name(reply.code), reply.message) if reply && CODES[reply.code] != "BUSY"
        raise TimedOut, "no answer from #{@endpoint}" if GradMQ.now + pause > deadline

        sleep(pause * (1 + rand / 2)) # section 18
        pause = [pause * 2, 10].min
      end
    end

    def close = @socket&.close

    private

    # The answer to the newest request, or nil. The socket is made anew when there was none (K-5).
    def answer(frame, deadline)
      header = nil
      @socket ||= @sockets.open(ZMQ::REQ, @endpoint, ZMQ::RCVTIMEO => 1000)
      @socket.send_string(frame)
      until header || GradMQ.now > deadline
        @socket.setsockopt(ZMQ::RCVTIMEO, ((deadline - GradMQ.now) * 1000).ceil.clamp(1, 1000))
        header, *payload = Sockets.receive(@socket)
        @say.call("waiting for an answer from #{@endpoint}") unless header
      end
      reply = Header.read(:reply, header) if header
      return [reply, payload] if reply && [0, @id].include?(reply.request_id)

      @socket.close
      @socket = nil
    end
  end
end
