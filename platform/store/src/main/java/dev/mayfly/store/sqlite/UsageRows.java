package dev.mayfly.store.sqlite;

import dev.mayfly.model.ColdStart;
import dev.mayfly.model.CpuSource;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Trigger;
import dev.mayfly.model.UsageRecord;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Usage records as rows of the table {@code usage}. */
record UsageRows(JsonMapper mapper) {
    static final String INSERT = "INSERT INTO usage VALUES"
            + " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING";

    Object[] columns(UsageRecord usage) {
        var start = usage.start();
        return new Object[] {
            usage.id().value(),
            usage.project().value(),
            usage.deployment().value(),
            usage.function().value(),
            usage.instance().value(),
            usage.trigger().name(),
            usage.startedAt(),
            usage.queueMicros(),
            usage.initMicros(),
            usage.runMicros(),
            usage.billedMillis(),
            usage.memory(),
            usage.memoryMicros(),
            usage.cpuMicros(),
            usage.cpuSource().name(),
            usage.bytesIn(),
            usage.bytesOut(),
            usage.outcome().name(),
            usage.status(),
            usage.cold() ? 1 : 0,
            start.rung(),
            start.why(),
            pairs(start.steps().stream()
                    .map(step -> List.of(step.name(), step.micros()))
                    .toList()),
            pairs(start.imports().stream()
                    .map(each -> List.of(each.module(), each.micros()))
                    .toList())
        };
    }

    private String pairs(List<? extends List<?>> pairs) {
        return pairs.isEmpty() ? "" : mapper.writeValueAsString(pairs);
    }

    UsageRecord record(ResultSet row) throws SQLException {
        return new UsageRecord(
                new InvocationId(row.getLong("id")),
                new ProjectName(row.getString("project")),
                new DeploymentId(row.getString("deployment")),
                new FunctionName(row.getString("function")),
                new InstanceId(row.getString("instance")),
                Trigger.valueOf(row.getString("cause")),
                row.getLong("started_at"),
                row.getLong("queue_micros"),
                row.getLong("init_micros"),
                row.getLong("run_micros"),
                row.getLong("billed_millis"),
                row.getLong("memory"),
                row.getLong("memory_micros"),
                row.getLong("cpu_micros"),
                CpuSource.valueOf(row.getString("cpu_source")),
                row.getLong("bytes_in"),
                row.getLong("bytes_out"),
                Outcome.valueOf(row.getString("outcome")),
                row.getInt("status"),
                row.getBoolean("cold"),
                start(row));
    }

    private ColdStart start(ResultSet row) throws SQLException {
        var rung = row.getString("rung");
        if (rung.isEmpty()) {
            return ColdStart.NONE;
        }
        var steps = new ArrayList<ColdStart.Step>();
        for (var pair : list(row.getString("steps"))) {
            steps.add(new ColdStart.Step(pair.get(0).asString(), pair.get(1).asLong()));
        }
        var imports = new ArrayList<ColdStart.Import>();
        for (var pair : list(row.getString("imports"))) {
            imports.add(new ColdStart.Import(pair.get(0).asString(), pair.get(1).asLong()));
        }
        return new ColdStart(rung, row.getString("why"), steps, imports);
    }

    private Iterable<JsonNode> list(String pairs) {
        return pairs.isEmpty() ? List.of() : mapper.readTree(pairs);
    }
}
