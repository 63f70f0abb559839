package dev.mayfly.cli;

import java.util.LinkedHashMap;

/** What {@code up} and {@code deploy} both take. */
final class DeployOptions {
    private DeployOptions() {}

    static Syntax add(Syntax syntax) {
        return syntax.word(
                        "DIR|FILE",
                        false,
                        "The project's folder, or a program of one file (default: the current folder).")
                .option("NAME", "The project's name (default: the folder's or file's).", "--name")
                .options("KEY=VALUE", "A setting that overrules mayfly.yaml, such as memory=256MiB.", "--set")
                .flag("Deploy although vercel.json asks for what is not there yet.", "--ignore-unsupported");
    }

    static Deployer.Wish wish(Typed typed, boolean production) {
        var settings = new LinkedHashMap<String, String>();
        for (var setting : typed.texts("--set")) {
            int equals = setting.indexOf('=');
            if (equals < 1) {
                throw Failure.usage("--set: " + setting + " (expected: KEY=VALUE)", "--set memory=256MiB");
            }
            settings.put(setting.substring(0, equals), setting.substring(equals + 1));
        }
        return new Deployer.Wish(
                path(typed), typed.text("--name"), production, typed.flag("--ignore-unsupported"), settings);
    }

    static String path(Typed typed) {
        var path = typed.word(0);
        return path.isEmpty() ? "." : path;
    }
}
