package dev.mayfly.cli;

/**
 * What the script of attempts answers.
 *
 * @param reached whether it got where it should not
 * @param saw what it saw there
 * @param failed whether the script itself is at fault
 */
record Attempted(boolean reached, String saw, boolean failed) {
    static Attempted of(JsonObject answer) {
        return new Attempted(
                answer.flag("reached"), answer.text("saw"), answer.flag("broken") || !answer.has("reached"));
    }
}
