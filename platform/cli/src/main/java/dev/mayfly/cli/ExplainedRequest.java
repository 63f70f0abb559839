package dev.mayfly.cli;

/** What became of one request, as a story. */
final class ExplainedRequest {
    private ExplainedRequest() {}

    static void print(Mayfly mayfly, JsonObject answer) {
        var screen = mayfly.screen();
        var function = answer.text("function");
        var project = answer.text("project");
        screen.data(screen.outPaint().bold("Request " + answer.text("id"))
                + (project.isEmpty() ? "" : " of " + project + (function.isEmpty() ? "" : "/" + function)));
        answer.texts("story").forEach(sentence -> screen.data("  " + sentence));
        if (!project.isEmpty()) {
            screen.say("more: mayfly logs " + project + " --request " + answer.text("id")
                    + (answer.has("record") ? "; mayfly inspect " + answer.text("id") : ""));
        }
    }
}
