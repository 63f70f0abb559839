package dev.mayfly.build.config;

/** The keys at the top of mayfly.yaml. */
public enum ProjectKey {
    FUNCTIONS("functions", true, "settings of functions, by path, glob or name"),
    ENV("env", true, "variables of the environment, readable by whoever may read the deployment"),
    SECRETS("secrets", true, "names of stored variables that functions need"),
    BUILD("build", true, "how the project is built"),
    COMPRESSION("compression", true, "whether answers are compressed for clients that can read that: on or off"),
    MAX_CONCURRENCY("maxConcurrency", true, "requests of all its functions that run at once; further ones wait"),
    ROUTES("routes", false, "rewrites, redirects and headers"),
    DOMAINS("domains", false, "host names of production"),
    BUDGET("budget", false, "what the project may cost"),
    COMPAT("compat", false, "the platform to imitate");

    private final String key;
    private final boolean honoured;
    private final String meaning;

    ProjectKey(String key, boolean honoured, String meaning) {
        this.key = key;
        this.honoured = honoured;
        this.meaning = meaning;
    }

    public String key() {
        return key;
    }

    /** Whether it is more than a name so far. */
    public boolean honoured() {
        return honoured;
    }

    public String meaning() {
        return meaning;
    }
}
