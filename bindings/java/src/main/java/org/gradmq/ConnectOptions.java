package org.gradmq;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;

/**
 * Where to connect and how. Immutable: each method answers changed options.
 *
 * <pre>{@code
 * ConnectOptions.to("tcp://127.0.0.1:5570").model("digits").name("w1").timeout(Duration.ofSeconds(10))
 * }</pre>
 */
public final class ConnectOptions {
    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration DEFAULT_REQUEST_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration DEFAULT_LINGER = Duration.ofSeconds(2);

    private final String control;
    private String model;
    private String name;
    private String stream;
    private Duration timeout = DEFAULT_TIMEOUT;
    private Duration requestTimeout = DEFAULT_REQUEST_TIMEOUT;
    private Duration linger = DEFAULT_LINGER;
    private int window;
    private boolean updates = true;
    private boolean reuseParameters;
    private WaitListener waitListener = WaitListener.NONE;
    private Path secret;
    private String serverKey;

    private ConnectOptions(String control) {
        this.control = Objects.requireNonNull(control, "control");
    }

    /**
     * Options for the coordinator at this control endpoint.
     *
     * @param control such as "tcp://127.0.0.1:5570"; JeroMQ reaches tcp only
     * @return options with defaults for all else
     */
    public static ConnectOptions to(String control) {
        return new ConnectOptions(control);
    }

    private ConnectOptions copy() {
        ConnectOptions to = new ConnectOptions(control);
        to.model = model;
        to.name = name;
        to.stream = stream;
        to.timeout = timeout;
        to.requestTimeout = requestTimeout;
        to.linger = linger;
        to.window = window;
        to.updates = updates;
        to.reuseParameters = reuseParameters;
        to.waitListener = waitListener;
        to.secret = secret;
        to.serverKey = serverKey;
        return to;
    }

    /**
     * The model that is meant. Without it: the one that is there.
     *
     * @param model a name
     * @return changed options
     */
    public ConnectOptions model(String model) {
        ConnectOptions to = copy();
        to.model = model;
        return to;
    }

    /**
     * The worker's or client's own name. Without it: the host's and a random number.
     *
     * @param name unique among the workers of a model
     * @return changed options
     */
    public ConnectOptions name(String name) {
        ConnectOptions to = copy();
        to.name = name;
        return to;
    }

    /**
     * The stream of updates. Without it: the master type's.
     *
     * @param stream "f32", "f64", "f16", "bf16" or "int8", which is given as F32
     * @return changed options
     */
    public ConnectOptions stream(String stream) {
        ConnectOptions to = copy();
        to.stream = stream;
        return to;
    }

    /**
     * Longest wait of a call that is given none; 30 seconds by default.
     *
     * @param timeout above zero
     * @return changed options
     */
    public ConnectOptions timeout(Duration timeout) {
        ConnectOptions to = copy();
        to.timeout = Objects.requireNonNull(timeout);
        return to;
    }

    /**
     * Longest wait for one reply before it is asked for again; 5 seconds by default.
     *
     * @param requestTimeout above zero
     * @return changed options
     */
    public ConnectOptions requestTimeout(Duration requestTimeout) {
        ConnectOptions to = copy();
        to.requestTimeout = Objects.requireNonNull(requestTimeout);
        return to;
    }

    /**
     * How long sockets may outlive their close; 2 seconds by default.
     *
     * @param linger above zero
     * @return changed options
     */
    public ConnectOptions linger(Duration linger) {
        ConnectOptions to = copy();
        to.linger = Objects.requireNonNull(linger);
        return to;
    }

    /**
     * Most gradients that are pushed and not settled. Without it: as many as there is credit for.
     *
     * @param gradients above 0; 0: no bound of its own
     * @return changed options
     */
    public ConnectOptions window(int gradients) {
        ConnectOptions to = copy();
        to.window = gradients;
        return to;
    }

    /**
     * Do not subscribe to updates: parameters are asked for instead.
     *
     * @return changed options
     */
    public ConnectOptions withoutUpdates() {
        ConnectOptions to = copy();
        to.updates = false;
        return to;
    }

    /**
     * Give views instead of copies: the worker keeps one piece of memory for parameters, and each
     * {@link Parameters} is valid only until the next ones are asked for.
     *
     * @return changed options
     */
    public ConnectOptions reuseParameters() {
        ConnectOptions to = copy();
        to.reuseParameters = true;
        return to;
    }

    /**
     * Whom to tell what is waited for.
     *
     * @param listener called on the client's own thread
     * @return changed options
     */
    public ConnectOptions onWait(WaitListener listener) {
        ConnectOptions to = copy();
        to.waitListener = Objects.requireNonNull(listener);
        return to;
    }

    /**
     * Keys for CURVE, where the coordinator asks for them.
     *
     * @param secret file of the own certificate with its secret key, as `gradmq keygen` makes it;
     *     nobody but its owner may be able to read it
     * @param serverKey file of the coordinator's public certificate, or that key as Z85
     * @return changed options
     */
    public ConnectOptions keys(Path secret, String serverKey) {
        ConnectOptions to = copy();
        to.secret = secret;
        to.serverKey = serverKey;
        return to;
    }

    /**
     * The control endpoint.
     *
     * @return as it was given
     */
    public String control() {
        return control;
    }

    /**
     * The model.
     *
     * @return null where none was given
     */
    public String model() {
        return model;
    }

    /**
     * The own name.
     *
     * @return null where none was given
     */
    public String name() {
        return name;
    }

    /**
     * The stream of updates.
     *
     * @return null where none was given
     */
    public String stream() {
        return stream;
    }

    /**
     * Longest wait of a call.
     *
     * @return 30 seconds by default
     */
    public Duration timeout() {
        return timeout;
    }

    /**
     * Longest wait for one reply.
     *
     * @return 5 seconds by default
     */
    public Duration requestTimeout() {
        return requestTimeout;
    }

    /**
     * How long sockets may outlive their close.
     *
     * @return 2 seconds by default
     */
    public Duration linger() {
        return linger;
    }

    /**
     * Most gradients that are not settled.
     *
     * @return 0: no bound of its own
     */
    public int window() {
        return window;
    }

    /**
     * Are updates subscribed to?
     *
     * @return true by default
     */
    public boolean updates() {
        return updates;
    }

    /**
     * Are parameters views?
     *
     * @return false by default
     */
    public boolean reusesParameters() {
        return reuseParameters;
    }

    /**
     * Who is told of waits.
     *
     * @return never null
     */
    public WaitListener waitListener() {
        return waitListener;
    }

    /**
     * File of the own certificate.
     *
     * @return null where none was given
     */
    public Path secret() {
        return secret;
    }

    /**
     * The coordinator's key, or the file that has it.
     *
     * @return null where none was given
     */
    public String serverKey() {
        return serverKey;
    }
}
