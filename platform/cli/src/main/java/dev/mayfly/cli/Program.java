package dev.mayfly.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Reads a command line, runs its command and tells what went wrong in one form. */
final class Program {
    private Program() {}

    /** In the order in which help lists them. */
    private static Map<String, Supplier<Command>> commands() {
        var commands = new LinkedHashMap<String, Supplier<Command>>();
        commands.put("up", UpCommand::new);
        commands.put("down", DownCommand::new);
        commands.put("server", ServerCommand::new);
        commands.put("deploy", DeployCommand::new);
        commands.put("promote", PromoteCommand::new);
        commands.put("rollback", RollbackCommand::new);
        commands.put("alias", AliasCommand::new);
        commands.put("history", HistoryCommand::new);
        commands.put("ls", LsCommand::new);
        commands.put("ps", PsCommand::new);
        commands.put("top", TopCommand::new);
        commands.put("inspect", InspectCommand::new);
        commands.put("url", UrlCommand::new);
        commands.put("invoke", InvokeCommand::new);
        commands.put("explain", ExplainCommand::new);
        commands.put("logs", LogsCommand::new);
        commands.put("usage", UsageCommand::new);
        commands.put("coldstarts", ColdStartsCommand::new);
        commands.put("env", EnvCommand::new);
        commands.put("domains", DomainsCommand::new);
        commands.put("rm", RmCommand::new);
        commands.put("doctor", DoctorCommand::new);
        commands.put("prove", ProveCommand::new);
        commands.put("version", VersionCommand::new);
        return commands;
    }

    /** Returns the exit code: 0 done, 1 failed, 2 the command line is wrong. */
    static int run(Surroundings surroundings, String... arguments) {
        var screen = new Screen(surroundings);
        try {
            return execute(surroundings, screen, commandLine(arguments).parseArgs(arguments));
        } catch (ParameterException e) {
            return tell(screen, usage(e), arguments);
        } catch (Failure e) {
            return tell(screen, e, arguments);
        } catch (RuntimeException e) {
            if (!surroundings.variable("MAYFLY_DEBUG").isEmpty()) {
                e.printStackTrace(surroundings.err());
            }
            return tell(screen, new Failure(e.toString(), "MAYFLY_DEBUG=1 prints where; mayfly doctor"), arguments);
        }
    }

    /** Only the command that is named is described, where that is plain: all of them would take time. */
    private static CommandLine commandLine(String... arguments) {
        var root = Syntax.of(
                        "mayfly",
                        "mayfly",
                        "Runs functions: a folder of code in, a URL out; nothing runs until it is called.")
                .footer(
                        "",
                        "MAYFLY_HOME (~/.mayfly), MAYFLY_SERVER, MAYFLY_TOKEN and MAYFLY_PORT (7070) are read from the environment.",
                        "Exit codes: 0 done, 1 failed, 2 the command line is wrong.");
        var commands = commands();
        var named = arguments.length == 0 ? null : commands.get(arguments[0]);
        if (named != null) {
            root.under(arguments[0], named.get());
        } else {
            commands.forEach((name, command) -> root.under(name, command.get()));
        }
        return new CommandLine(root.spec());
    }

    private static int execute(Surroundings surroundings, Screen screen, ParseResult parsed) {
        boolean json = false;
        var server = "";
        var last = parsed;
        while (true) {
            var typed = new Typed(last);
            json |= typed.flag("--json");
            server = typed.given("--server").orElse(server);
            if (last.isUsageHelpRequested() || !last.hasSubcommand()) {
                break;
            }
            last = last.subcommand();
        }
        if (!last.isUsageHelpRequested() && last.commandSpec().userObject() instanceof Command command) {
            if (last.commandSpec().subcommands().isEmpty()) {
                return command.run(new Mayfly(surroundings, screen, server, json), new Typed(last));
            }
        }
        var out = new PrintWriter(surroundings.out(), true, StandardCharsets.UTF_8);
        last.commandSpec().commandLine().usage(out, surroundings.outPaint().on() ? Ansi.ON : Ansi.OFF);
        return 0;
    }

    /** For people in words; with {@code --json} also for programs, in the envelope of the API. */
    private static int tell(Screen screen, Failure failure, String... arguments) {
        if (List.of(arguments).contains("--json")) {
            screen.data(Json.write(failure.asJson()));
        }
        screen.error(failure);
        return failure.exitCode();
    }

    private static Failure usage(ParameterException wrong) {
        var command = wrong.getCommandLine().getCommandSpec().qualifiedName();
        if (wrong instanceof UnmatchedArgumentException unmatched) {
            var word = unmatched.getUnmatched().getFirst();
            var near = unmatched.getSuggestions();
            if (unmatched.isUnknownOption()) {
                return Failure.usage(command + " has no option " + word, command + " --help");
            }
            if (wrong.getCommandLine().getSubcommands().isEmpty()) {
                return Failure.usage(word + " is one word too many for " + command, command + " --help");
            }
            return Failure.usage(
                    "there is no command " + word, command + " " + (near.isEmpty() ? "--help" : near.getFirst()));
        }
        return Failure.usage(String.valueOf(wrong.getMessage()), command + " --help");
    }
}
