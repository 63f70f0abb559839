package dev.mayfly.build.config;

/** The keys below {@code build} in mayfly.yaml, also settable from the command line. */
public enum BuildKey {
    PYTHON("python", "the Python to use: 3.11, or a range such as >=3.10,<3.13"),
    MODE(
            "mode",
            "how to understand the project: app, functions, script, server or static; found out where it is not set"),
    ENTRYPOINT("entrypoint", "the application or script at the root: main.py or package.module:name");

    private final String key;
    private final String meaning;

    BuildKey(String key, String meaning) {
        this.key = key;
        this.meaning = meaning;
    }

    public String key() {
        return key;
    }

    public String meaning() {
        return meaning;
    }
}
