package dev.mayfly.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Reads a command line, runs its command and tells what went wrong in one form. */
final class Program {
    private Program() {}

    /** In the order in which help lists them. */
    private static Map<String, Function<Mayfly, Object>> commands() {
        var commands = new LinkedHashMap<String, Function<Mayfly, Object>>();
        commands.put("up", UpCommand::new);
        commands.put("down", DownCommand::new);
        commands.put("server", ServerCommand::new);
        commands.put("deploy", DeployCommand::new);
        commands.put("ls", LsCommand::new);
        commands.put("ps", PsCommand::new);
        commands.put("inspect", InspectCommand::new);
        commands.put("url", UrlCommand::new);
        commands.put("invoke", InvokeCommand::new);
        commands.put("logs", LogsCommand::new);
        commands.put("usage", UsageCommand::new);
        commands.put("env", EnvCommand::new);
        commands.put("rm", RmCommand::new);
        commands.put("doctor", DoctorCommand::new);
        commands.put("version", VersionCommand::new);
        return commands;
    }

    static int run(Surroundings surroundings, String... arguments) {
        var mayfly = new Mayfly(surroundings);
        var line = commandLine(mayfly, arguments);
        line.setOut(new PrintWriter(surroundings.out(), true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(surroundings.err(), true, StandardCharsets.UTF_8))
                .setColorScheme(CommandLine.Help.defaultColorScheme(
                        surroundings.outPaint().on() ? Ansi.ON : Ansi.OFF))
                .setParameterExceptionHandler((wrong, given) -> tell(mayfly.screen(), usage(wrong)))
                .setExecutionExceptionHandler((thrown, command, parsed) -> tell(mayfly.screen(), failure(thrown)));
        return line.execute(arguments);
    }

    /** Reflecting on every command would cost each of them time, so only the one that is named is looked at, where that is plain. */
    private static CommandLine commandLine(Mayfly mayfly, String... arguments) {
        var line = new CommandLine(mayfly);
        var commands = commands();
        var named = arguments.length == 0 ? null : commands.get(arguments[0]);
        if (named != null) {
            line.addSubcommand(arguments[0], named.apply(mayfly));
        } else {
            commands.forEach((name, command) -> line.addSubcommand(name, command.apply(mayfly)));
        }
        return line;
    }

    private static int tell(Screen screen, Failure failure) {
        screen.error(failure);
        return failure.exitCode();
    }

    private static Failure usage(ParameterException wrong) {
        var command = wrong.getCommandLine().getCommandSpec().qualifiedName();
        if (wrong instanceof UnmatchedArgumentException unmatched
                && !unmatched.isUnknownOption()
                && !wrong.getCommandLine().getSubcommands().isEmpty()) {
            var near = unmatched.getSuggestions();
            return Failure.usage(
                    "there is no command " + unmatched.getUnmatched().getFirst(),
                    command + " " + (near.isEmpty() ? "--help" : near.getFirst()));
        }
        return Failure.usage(String.valueOf(wrong.getMessage()), command + " --help");
    }

    private static Failure failure(Exception thrown) {
        return thrown instanceof Failure failure
                ? failure
                : new Failure(thrown.toString(), "MAYFLY_DEBUG=1 prints where; mayfly doctor");
    }
}
