package org.gradmq;

import org.gradmq.internal.Encoding;
import org.gradmq.internal.LayoutId;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a coordinator is and can do.
 *
 * @param product name and version of the software
 * @param protocolMinor minor version of the protocol
 * @param model its model's name
 * @param state such as "RUNNING"
 * @param layout null while there is no model
 * @param gradientsEndpoints where gradients are pushed to
 * @param updatesEndpoints where parameters are published
 * @param eventsEndpoints where events are published
 * @param streams published now
 * @param streamNames that {@link Coordinator#getModelParameters(String)} can answer
 * @param limits constants by their names in the protocol
 * @param dtypes of gradients
 * @param encodings of gradients, by name
 * @param kinds of gradients: numbers of the protocol
 * @param optimizers names for the setting
 * @param schedules names for the setting
 * @param policies names for the setting
 * @param rules names for the setting
 * @param heartbeatMs between heartbeats
 */
public record Description(
        String product,
        int protocolMinor,
        String model,
        String state,
        Layout layout,
        List<String> gradientsEndpoints,
        List<String> updatesEndpoints,
        List<String> eventsEndpoints,
        List<String> streams,
        List<String> streamNames,
        Map<String, Long> limits,
        List<DType> dtypes,
        List<String> encodings,
        List<Integer> kinds,
        List<String> optimizers,
        List<String> schedules,
        List<String> policies,
        List<String> rules,
        long heartbeatMs) {

    static Description read(String model, org.gradmq.v1.Description from) {
        boolean loaded = from.getLayout().getTensorsCount() > 0;
        Map<String, Long> limits = new TreeMap<>();
        from.getLimits()
                .getAllFields()
                .forEach(
                        (field, value) ->
                                limits.put(field.getName(), ((Number) value).longValue()));
        return new Description(
                from.getProduct(),
                from.getProtocolMinor(),
                model,
                Status.stateName(from.getState()),
                loaded ? LayoutId.read(from.getLayout()) : null,
                List.copyOf(from.getGradientsEndpointsList()),
                List.copyOf(from.getUpdatesEndpointsList()),
                List.copyOf(from.getEventsEndpointsList()),
                List.copyOf(from.getStreamsList()),
                List.copyOf(from.getStreamNamesList()),
                Map.copyOf(limits),
                from.getDtypesList().stream().map(DType::of).filter(d -> d != null).toList(),
                from.getEncodingsList().stream().map(Description::encoding).toList(),
                List.copyOf(from.getKindsList()),
                List.copyOf(from.getOptimizersList()),
                List.copyOf(from.getSchedulesList()),
                List.copyOf(from.getPoliciesList()),
                List.copyOf(from.getRulesList()),
                from.getHeartbeatMs());
    }

    private static String encoding(int code) {
        Encoding encoding = Encoding.of(code);
        return encoding == null ? Integer.toUnsignedString(code) : encoding.name();
    }
}
