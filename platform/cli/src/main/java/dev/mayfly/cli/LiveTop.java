package dev.mayfly.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * {@code mayfly top} on a terminal. The thread that runs it owns all of it; what is typed and what the server says come to it from two others, in one
 * queue.
 */
final class LiveTop {
    private static final String HELP =
            "q quit · ↑↓ choose · enter open · esc back · / filter · sort: n name, r rate, l p50, p p99, i instances, w queue, c cpu, m memory, e errors, d cost";

    private final Mayfly mayfly;
    private final Api api;
    private final String only;
    private final Duration interval;
    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private TopColumn sort;
    private String filter = "";
    private boolean filtering;
    private String chosen = "";
    private String project;
    private volatile String path;
    private String function;
    private @Nullable JsonObject shown;
    private String trouble = "";

    /**
     * One of the three is there.
     *
     * @param from the path that {@code answer} came from
     */
    private record Event(
            @Nullable String key,
            @Nullable JsonObject answer,
            @Nullable Failure failure,
            String from) {}

    /** @param function empty: all of them */
    LiveTop(Mayfly mayfly, Api api, String project, String function, TopColumn sort, Duration interval) {
        this.mayfly = mayfly;
        this.api = api;
        this.only = project;
        this.project = project;
        this.function = function;
        this.sort = sort;
        this.interval = interval;
        this.path = TopCommand.path(project, function);
    }

    /** Until somebody quits. */
    void run(JsonObject first) {
        shown = first;
        try (var terminal = new Terminal(mayfly.surroundings().out())) {
            // A signal ends this process by way of its hooks; what is drawn until then is wiped by the keeper of the
            // terminal.
            Runtime.getRuntime().addShutdownHook(new Thread(terminal::close));
            terminal.size();
            background(
                    "keys",
                    () -> Keys.read(mayfly.surroundings().in(), key -> events.add(new Event(key, null, null, ""))));
            var polling = background("poll", this::poll);
            boolean on = true;
            while (on) {
                var size = terminal.size();
                terminal.draw(page(size), size);
                var event = events.poll(interval.toMillis(), TimeUnit.MILLISECONDS);
                on = event == null || take(event);
                if (event != null && event.key != null) {
                    polling.interrupt(); // what was opened is shown at once
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Thread background(String name, Runnable work) {
        return Thread.ofPlatform().daemon().name(name).start(work);
    }

    private void poll() {
        var last = path;
        while (true) {
            try {
                if (last.equals(path)) {
                    Thread.sleep(interval);
                }
            } catch (InterruptedException e) {
                if (last.equals(path)) {
                    continue;
                }
            }
            last = path;
            try {
                events.add(new Event(null, api.get(last), null, last));
            } catch (Failure e) {
                events.add(new Event(null, null, e, last));
            }
        }
    }

    /** False: it is over. */
    private boolean take(Event event) {
        if (event.key != null) {
            return filtering ? typed(event.key) : pressed(event.key);
        }
        if (event.from.equals(path)) {
            if (event.answer != null) {
                shown = event.answer;
            }
            trouble = event.failure == null ? "" : event.failure.message();
        }
        return true;
    }

    private boolean typed(String key) {
        switch (key) {
            case Keys.END -> {
                return false;
            }
            case Keys.ENTER -> filtering = false;
            case Keys.BACK -> {
                filtering = !filter.isEmpty();
                filter = filter.isEmpty() ? "" : filter.substring(0, filter.length() - 1);
            }
            default -> filter += key.length() == 1 && key.charAt(0) >= ' ' ? key : "";
        }
        return true;
    }

    private boolean pressed(String key) {
        switch (key) {
            case "q", Keys.END -> {
                return false;
            }
            case Keys.UP, "k" -> move(-1);
            case Keys.DOWN, "j" -> move(1);
            case Keys.ENTER -> open();
            case Keys.BACK -> back();
            case "/" -> filtering = function.isEmpty();
            default -> {
                for (var column : TopColumn.values()) {
                    if (key.equals(String.valueOf(column.key))) {
                        sort = column;
                    }
                }
            }
        }
        return true;
    }

    private List<JsonObject> rows() {
        return shown == null ? List.of() : TopPage.sorted(shown, sort, filter);
    }

    /** What can be chosen: functions, or requests of one. */
    private List<String> choices() {
        return function.isEmpty()
                ? rows().stream().map(TopColumn.NAME::cell).toList()
                : shown == null ? List.of() : TopPage.ids(shown);
    }

    private int place(List<String> choices) {
        return Math.max(0, choices.indexOf(chosen));
    }

    private void move(int by) {
        var choices = choices();
        if (!choices.isEmpty()) {
            chosen = choices.get(Math.clamp(place(choices) + by, 0, choices.size() - 1));
        }
    }

    private void open() {
        var rows = rows();
        if (function.isEmpty() && !rows.isEmpty()) {
            var row = rows.get(place(choices()));
            show(row.text("project"), row.text("function"));
        }
    }

    private void back() {
        if (!function.isEmpty()) {
            show(only, "");
        } else {
            filter = "";
        }
    }

    private void show(String ofProject, String ofFunction) {
        project = ofProject;
        function = ofFunction;
        chosen = "";
        shown = null;
        path = TopCommand.path(project, function);
    }

    private List<String> page(Terminal.Size size) {
        var paint = mayfly.screen().outPaint();
        var lines = new ArrayList<String>();
        var now = shown;
        if (now == null) {
            lines.add("looking …");
        } else if (function.isEmpty()) {
            overview(now, lines, size.lines());
        } else {
            detail(now, lines);
        }
        while (lines.size() < size.lines() - 1) {
            lines.add("");
        }
        var last = filtering ? "filter: " + filter + "_" : trouble.isEmpty() ? paint.dim(HELP) : paint.red(trouble);
        return append(lines.subList(0, Math.max(1, size.lines() - 1)), last);
    }

    private void overview(JsonObject now, List<String> lines, int height) {
        var paint = mayfly.screen().outPaint();
        var rows = rows();
        lines.add(paint.bold(TopPage.title(now, rows.size())) + "  sorted by " + sort.word()
                + (filter.isEmpty() ? "" : "  only *" + filter + "*"));
        var table = TopPage.table(rows);
        lines.add(paint.dim(table.getFirst()));
        int place = place(choices());
        int room = Math.max(1, height - 3);
        int from = Math.clamp(place - room + 1, 0, Math.max(0, rows.size() - room));
        for (int i = from; i < rows.size(); i++) {
            var line = table.get(i + 1);
            lines.add(i == place ? paint.reversed(line) : line);
        }
        if (rows.isEmpty()) {
            lines.add("nothing was called within the last minute");
        }
    }

    private void detail(JsonObject now, List<String> lines) {
        var ids = TopPage.ids(now);
        var id = ids.isEmpty() ? "" : ids.get(place(ids));
        lines.add(mayfly.screen().outPaint().bold(TopPage.title(now, 1)));
        if (!id.isEmpty()) {
            lines.add(TopPage.commands(project, id));
        }
        lines.addAll(TopPage.detail(now, id));
    }

    private static List<String> append(List<String> lines, String last) {
        var all = new ArrayList<>(lines);
        all.add(last);
        return all;
    }
}
