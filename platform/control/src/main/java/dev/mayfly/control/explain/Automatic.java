package dev.mayfly.control.explain;

import java.util.List;

/**
 * Something that the platform decides by itself, and what overrules it.
 *
 * @param key as it is written: {@code maxInstances}, {@code --call-depth}; empty: nothing overrules it
 * @param place where it is written
 * @param variable of the environment that does the same; empty: there is none
 * @param decides what for
 * @param value that holds now, for whatever says nothing else
 * @param from where that value comes from: {@code default}, {@code command line}, a variable, or a deployment
 * @param own what single functions of a project have instead, or what a project has
 */
public record Automatic(
        String key, Place place, String variable, String decides, String value, String from, List<Own> own) {
    public static final String DEFAULT = "default";

    public Automatic {
        own = List.copyOf(own);
    }

    /** Where it is written. */
    public enum Place {
        /** For each function. */
        FUNCTION("mayfly.yaml, of a function"),
        PROJECT("mayfly.yaml"),
        COMMAND("a command"),
        SERVER("mayfly server"),
        VARIABLE("the server's environment"),
        FIXED("nothing overrules it");

        private final String words;

        Place(String words) {
            this.words = words;
        }

        public String words() {
            return words;
        }
    }

    /**
     * The value of one function, or of all of a project.
     *
     * @param of the function; empty: all
     */
    public record Own(String of, String value, String from) {}

    /** The same where it holds for a project. */
    Automatic with(List<Own> values) {
        return new Automatic(key, place, variable, decides, value, from, values);
    }
}
