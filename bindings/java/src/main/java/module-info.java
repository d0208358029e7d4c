/**
 * Client of GradMQ, a message broker for training.
 *
 * <p>{@link org.gradmq.Worker} pushes gradients and receives parameters, {@link
 * org.gradmq.Coordinator} steers a coordinator from afar.
 */
@SuppressWarnings("requires-automatic")
module org.gradmq {
    requires com.google.protobuf;
    requires org.zeromq.jeromq;

    exports org.gradmq;
}
