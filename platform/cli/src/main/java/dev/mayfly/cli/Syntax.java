package dev.mayfly.cli;

import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * How a command is typed. Said in code rather than in annotations: reading those costs 50 ms, half of what a command may take
 * (docs/decisions/0003-command-start.md).
 */
final class Syntax {
    private final CommandSpec spec;

    private Syntax(CommandSpec spec) {
        this.spec = spec;
    }

    /** A command with the options that all of them have. */
    static Syntax of(Object command, String name, String... description) {
        var spec = CommandSpec.wrapWithoutInspection(command).name(name);
        spec.usageMessage().description(description).sortOptions(false).synopsisSubcommandLabel("COMMAND");
        spec.addOption(OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .order(99)
                .description("Print this help.")
                .build());
        return new Syntax(spec)
                .flag("Print JSON.", "--json")
                .option("URL", "Talk to this server instead of the one of MAYFLY_HOME.", "--server");
    }

    CommandSpec spec() {
        return spec;
    }

    Syntax flag(String description, String... names) {
        return add(OptionSpec.builder(names[0], names)
                .type(boolean.class)
                .arity("0")
                .description(description));
    }

    Syntax option(String label, String description, String... names) {
        return add(OptionSpec.builder(names[0], names)
                .type(String.class)
                .arity("1")
                .paramLabel(label)
                .description(description));
    }

    /** An option that may be given several times. */
    Syntax options(String label, String description, String... names) {
        return add(OptionSpec.builder(names[0], names)
                .type(List.class)
                .auxiliaryTypes(String.class)
                .arity("1")
                .paramLabel(label)
                .description(description));
    }

    private Syntax add(OptionSpec.Builder option) {
        spec.addOption(option.order(spec.options().size()).build());
        return this;
    }

    /** The next word that is no option; it may be left out when {@code needed} is false. */
    Syntax word(String label, boolean needed, String description) {
        spec.addPositional(PositionalParamSpec.builder()
                .index(String.valueOf(spec.positionalParameters().size()))
                .arity(needed ? "1" : "0..1")
                .required(needed)
                .type(String.class)
                .paramLabel(label)
                .description(description)
                .build());
        return this;
    }

    /** One or more words that are no options. */
    Syntax words(String label, String description) {
        spec.addPositional(PositionalParamSpec.builder()
                .index("0..*")
                .arity("1..*")
                .required(true)
                .type(List.class)
                .auxiliaryTypes(String.class)
                .paramLabel(label)
                .description(description)
                .build());
        return this;
    }

    /** Any number of words after those before. */
    Syntax further(String label, String description) {
        spec.addPositional(PositionalParamSpec.builder()
                .index(spec.positionalParameters().size() + "..*")
                .arity("0..*")
                .required(false)
                .type(List.class)
                .auxiliaryTypes(String.class)
                .paramLabel(label)
                .description(description)
                .build());
        return this;
    }

    Syntax footer(String... lines) {
        spec.usageMessage().footer(lines);
        return this;
    }

    Syntax under(String name, Command command) {
        spec.addSubcommand(name, command.syntax().spec());
        return this;
    }
}
