package dev.mayfly.build;

/** Something worth telling while building. */
public sealed interface BuildEvent {
    /** A step begins: {@code "Installing 3 packages"}. */
    record Step(String text) implements BuildEvent {}

    /** A line of a tool's output. */
    record Output(String line) implements BuildEvent {}

    record Warning(String text) implements BuildEvent {}
}
