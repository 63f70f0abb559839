package dev.mayfly.engine;

/** Why the platform decided something about a function by itself: the whole list. Each names the setting that would have changed it. */
public enum Reason {
    LED_BY_WEIGHT(Kind.SPLIT, "mayfly alias", "its alias leads to several deployments, each by its weight"),

    FREE_SLOT(Kind.REUSE, "idleTimeout", "an instance had a free slot"),
    SLOT_AFTER_WAITING(Kind.REUSE, "concurrency", "it waited until an instance had a free slot"),

    SLOT_COMES_SOONER(
            Kind.QUEUE, "concurrency", "a slot was expected to be free before another instance could have started"),
    INSTANCE_ON_ITS_WAY(Kind.QUEUE, "idleTimeout", "it waits for an instance that is being started"),

    MOST_INSTANCES(Kind.THROTTLE, "maxInstances", "there are as many instances as are allowed"),
    MOST_REQUESTS_OF_FUNCTION(
            Kind.THROTTLE,
            "reservedConcurrency",
            "as many requests of it run as are reserved for it, which is also the most"),
    MOST_REQUESTS_OF_PROJECT(Kind.THROTTLE, "maxConcurrency", "as many requests of its project run as are allowed"),
    MOST_REQUESTS_OF_TEAM(
            Kind.THROTTLE, "--team-concurrency", "as many requests of its team run as this server allows"),
    MOST_REQUESTS_OF_SERVER(Kind.THROTTLE, "--max-concurrency", "as many requests run as this server allows"),
    NO_PROCESSOR_FREE(
            Kind.THROTTLE,
            "concurrency",
            "its requests compute, and no processor is free: another instance would only have slowed the others down"),
    NO_MEMORY_FREE(Kind.THROTTLE, "memory", "the machine has too little memory left for another instance"),
    STARTS_FAIL(Kind.THROTTLE, "the function's code", "the last start failed, so one is tried at a time, ever later"),

    NO_INSTANCE(Kind.START, "idleTimeout", "first request"),
    WAITING_COSTS_MORE(Kind.START, "concurrency", "waiting would have cost more than starting"),
    WAITED_FOR_A_START(Kind.START, "concurrency", "requests had together waited for as long as a start takes"),

    KEPT(Kind.START, "minInstances", "so many are kept"),
    AHEAD(Kind.START, "--start-ahead", "an alias was about to lead here"),

    QUEUE_FULL(Kind.REJECT, "queue", "the queue was full"),
    GAVE_WAY(Kind.REJECT, "queue", "the queue was full, and this client had more in it than others"),
    WAITED_TOO_LONG(Kind.REJECT, "queueTimeout", "no slot became free in time"),
    WAITED_FOR_MEMORY(Kind.REJECT, "memory", "the machine had too little memory for another instance all that time"),
    OVER_LIMIT_OF_FUNCTION(Kind.REJECT, "reservedConcurrency", "as many requests of it ran as are reserved for it"),
    OVER_LIMIT_OF_PROJECT(Kind.REJECT, "maxConcurrency", "as many requests of its project ran as are allowed"),
    OVER_LIMIT_OF_TEAM(Kind.REJECT, "--team-concurrency", "as many requests of its team ran as this server allows"),
    OVER_LIMIT_OF_SERVER(Kind.REJECT, "--max-concurrency", "as many requests ran as this server allows"),
    SWITCHED_OFF(Kind.REJECT, "reservedConcurrency", "its reservedConcurrency is 0"),
    START_FAILED(Kind.REJECT, "the function's code", "the instance it waited for did not start"),
    CALLED_TOO_DEEP(Kind.REJECT, "--call-depth", "functions had called each other more often in a row than is allowed"),
    CLOSED(Kind.REJECT, "the deployment", "its deployment was deleted or the server is closing"),

    NOT_REACHED(
            Kind.RETRY,
            "the function's code",
            "its instance could not be reached, or ended before the code saw the request"),
    SECOND_ATTEMPT(
            Kind.RETRY,
            "the function's code",
            "the code never saw it the first time, so it was given to another instance"),

    TIMED_OUT(Kind.EVICT, "timeout", "a request on it did not end in time"),
    UNREACHABLE(Kind.EVICT, "the function's code", "it could not be reached"),
    CRASHED(Kind.EVICT, "memory", "its process ended by itself"),

    MADE_ROOM(Kind.EVICT, "memory", "it was idle, and requests of another function waited for memory"),
    HELD_READY_WENT(
            Kind.EVICT,
            "--memory",
            "nothing was idle any longer: what was held ready for starts to come gave its memory to this function"),
    TURN_OF_OTHERS(
            Kind.EVICT,
            "memory",
            "functions without an instance waited for memory, and it had served for long: it ends when its requests do"),
    MEMORY_LOW(
            Kind.EVICT, "--memory-reserve", "it was idle, and the machine had less memory left than is to stay free"),

    IDLE(Kind.DRAIN, "idleTimeout", "it had nothing to do for so long"),
    SURPLUS(Kind.DRAIN, "idleTimeout", "fewer instances would have done for so long"),
    CLOSING(Kind.DRAIN, "the deployment", "its deployment was deleted or the server is closing");

    /** What was done. */
    public enum Kind {
        START,
        REUSE,
        QUEUE,
        REJECT,
        RETRY,
        EVICT,
        DRAIN,
        THROTTLE,
        SPLIT
    }

    private final Kind kind;
    private final String setting;
    private final String words;

    Reason(Kind kind, String setting, String words) {
        this.kind = kind;
        this.setting = setting;
        this.words = words;
    }

    public Kind kind() {
        return kind;
    }

    /** The key in {@code mayfly.yaml}, server option or command that would have changed it; words, where none would. */
    public String setting() {
        return setting;
    }

    public String words() {
        return words;
    }
}
