/**
 * A worker that pushes gradients to a GradMQ coordinator, and remote control of one.
 *
 * <p>{@link org.gradmq.Worker} and {@link org.gradmq.Coordinator} are opened with {@link
 * org.gradmq.ConnectOptions}, may be used by any thread, and are closed. Every call that waits
 * takes a time-out, can be interrupted, and says in its exception what it waited for.
 */
package org.gradmq;
