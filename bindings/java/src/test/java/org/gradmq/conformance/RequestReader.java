package org.gradmq.conformance;

import com.google.protobuf.Descriptors.Descriptor;

import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.gradmq.internal.GradientCheck;
import org.gradmq.internal.HeaderCheck;
import org.gradmq.internal.Limits;
import org.gradmq.internal.Names;
import org.gradmq.internal.Wire;
import org.gradmq.v1.Gradient;
import org.gradmq.v1.Group;
import org.gradmq.v1.Request;
import org.gradmq.v1.Settings;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Reads requests as a coordinator does: sections 2 and 15 of the protocol. */
final class RequestReader {
    private static final int FIRST_COMMAND = 10;
    private static final int LAST_COMMAND = 99;
    private static final int LIST_LIMIT = 1024;
    private static final int TEXT_BYTES = 127;
    private static final Set<Descriptor> LENIENT = lenient();

    private RequestReader() {}

    /** Unknown fields of a gradient are ignored, at any depth. */
    private static Set<Descriptor> lenient() {
        Set<Descriptor> found = new HashSet<>();
        found.add(Gradient.getDescriptor());
        Gradient.getDescriptor().getNestedTypes().forEach(found::add);
        for (String field : new String[] {"based_on", "parts", "metrics"}) {
            found.add(Gradient.getDescriptor().findFieldByName(field).getMessageType());
        }
        return found;
    }

    private static GradmqException refuse(ErrorCode code, String text) {
        return GradmqException.of(code, text);
    }

    static Request read(byte[] header) {
        Wire.checkPreamble(header, Wire.Kind.REQUEST);
        Set<Integer> commands = new HashSet<>();
        boolean[] unknown = new boolean[2];
        HeaderCheck.check(
                header,
                Wire.PREAMBLE_BYTES,
                Request.getDescriptor(),
                (message, number, known) -> {
                    boolean command =
                            message == Request.getDescriptor()
                                    && number >= FIRST_COMMAND
                                    && number <= LAST_COMMAND;
                    if (command) {
                        commands.add(number);
                    }
                    if (!known && !LENIENT.contains(message)) {
                        unknown[command ? 1 : 0] = true;
                    }
                });
        if (commands.size() != 1 || unknown[1]) {
            throw refuse(ErrorCode.COMMAND, "a request has exactly one command");
        }
        if (unknown[0]) {
            throw refuse(ErrorCode.UNSUPPORTED, "the request has a field that is not known here");
        }
        Request request = Wire.parse(header, Request.parser());
        Wire.checkUnderstood(Request.getDescriptor(), request.getMustUnderstandList());
        name(request.hasClient(), request.getClient());
        name(request.hasModel(), request.getModel());
        body(request);
        return request;
    }

    private static void name(boolean given, String name) {
        if (given && !Names.valid(name)) {
            throw refuse(ErrorCode.NAME, "\"" + name + "\" is not a valid name");
        }
    }

    private static void body(Request request) {
        switch (request.getBodyCase()) {
            case JOIN -> name(true, request.getJoin().getWorker());
            case LEAVE -> name(true, request.getLeave().getWorker());
            case ACKNOWLEDGEMENT -> name(true, request.getAcknowledgement().getWorker());
            case GET_MODEL_PARAMETERS ->
                    name(
                            request.getGetModelParameters().hasStream(),
                            request.getGetModelParameters().getStream());
            case SET_PARAMETERS -> settings(request.getSetParameters().getSettings());
            case SET_MODEL_PARAMETERS -> model(request);
            case ADD_GRADIENTS ->
                    gradient(
                            request.getAddGradients().hasGradient(),
                            request.getAddGradients().getGradient());
            case ADD_MODEL_PARAMETERS ->
                    gradient(
                            request.getAddModelParameters().hasGradient(),
                            request.getAddModelParameters().getGradient());
            case LIST_WORKERS ->
                    argument(
                            Integer.compareUnsigned(request.getListWorkers().getLimit(), LIST_LIMIT)
                                    <= 0,
                            "limit is above 1024");
            case SYNC -> argument(request.getSync().getNonce() != 0, "the nonce is 0");
            case RECORD -> {
                boolean stop = request.getRecord().getStop();
                if (!stop) {
                    name(true, request.getRecord().getName());
                }
                argument(!stop || !request.getRecord().hasName(), "a name and stop");
            }
            default -> {}
        }
    }

    private static void argument(boolean holds, String text) {
        if (!holds) {
            throw refuse(ErrorCode.ARGUMENT, text);
        }
    }

    private static void model(Request request) {
        var load = request.getSetModelParameters();
        Wire.checkDtype(load.hasDtype(), load.getDtype());
        Wire.checkDtype(load.getLayout().hasDtype(), load.getLayout().getDtype());
    }

    private static void gradient(boolean given, Gradient gradient) {
        argument(given, "the request has no gradient");
        GradientCheck.identity(gradient);
        GradientCheck.statement(gradient);
    }

    private static void settings(Settings settings) {
        numbers(settings.getAllFields());
        argument(settings.getGroups().getGroupsCount() <= Limits.GROUPS, "too many groups");
        for (Group group : settings.getGroups().getGroupsList()) {
            numbers(group.getAllFields());
            argument(
                    group.getPattern().length() <= Limits.TENSOR_NAME_BYTES,
                    "the pattern is too long");
        }
    }

    private static void numbers(Map<?, Object> fields) {
        for (Object value : fields.values()) {
            argument(
                    !(value instanceof Double number) || Double.isFinite(number),
                    "a setting is not finite");
            argument(
                    !(value instanceof String text) || text.length() <= TEXT_BYTES,
                    "a setting is too long");
        }
    }
}
