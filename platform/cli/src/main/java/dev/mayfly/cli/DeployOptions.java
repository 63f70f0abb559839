package dev.mayfly.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What {@code up} and {@code deploy} both take. */
final class DeployOptions {
    @Parameters(
            arity = "0..1",
            paramLabel = "DIR|FILE.py",
            description = "The project's folder, or one Python file (default: the current folder).")
    String path = ".";

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "The project's name (default: the folder's or file's).")
    String name = "";

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "A setting that overrules mayfly.yaml, such as memory=256MiB.")
    Map<String, String> settings = new LinkedHashMap<>();

    @Option(names = "--ignore-unsupported", description = "Deploy although vercel.json asks for what is not there yet.")
    boolean ignoreUnsupported;

    Deployer.Wish wish(boolean production) {
        return new Deployer.Wish(path, name, production, ignoreUnsupported, settings);
    }
}
