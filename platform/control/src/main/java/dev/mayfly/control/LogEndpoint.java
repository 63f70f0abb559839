package dev.mayfly.control;

import dev.mayfly.model.Scope;
import dev.mayfly.store.Logs;
import java.util.List;
import java.util.Set;

/** Reading logs, and following them until the client leaves. */
record LogEndpoint(Projects projects, Logs logs) {
    private static final int PAGE = 1000;
    private static final int MOST = 100_000;
    private static final long LOOK_AGAIN_MILLIS = 100;

    List<Endpoint> endpoints() {
        return List.of(new Endpoint(
                "GET",
                "/projects/{p}/logs",
                Scope.READ,
                Set.of("follow", "cursor", "limit", "tail", "since", "deployment", "function", "request"),
                this::read));
    }

    private Answer read(Call call) {
        var filter = new Logs.Filter(
                projects.one(call).name(),
                call.deploymentId("deployment").orElse(null),
                call.functionName("function").orElse(null),
                call.invocationId("request").orElse(null),
                call.time("since").orElse(null));
        long cursor = call.number("cursor", 0, Long.MAX_VALUE).orElse(0L);
        int limit = call.number("limit", 0, MOST).map(Long::intValue).orElse(PAGE);
        boolean tail = call.flag("tail");
        boolean follow = call.flag("follow");
        return new Answer.Lines(sink -> call.client().whilePresent(() -> {
            logs.flush();
            var page = logs.read(filter, cursor, limit, tail);
            while (true) {
                for (var entry : page.lines()) {
                    sink.line(Views.line(entry));
                }
                if (!follow) {
                    return null;
                }
                if (page.lines().isEmpty()) {
                    Thread.sleep(LOOK_AGAIN_MILLIS);
                }
                page = logs.read(filter, page.cursor(), PAGE, false);
            }
        }));
    }
}
