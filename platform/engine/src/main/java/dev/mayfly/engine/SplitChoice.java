package dev.mayfly.engine;

import dev.mayfly.model.Alias;

/**
 * To which of an alias's deployments a request was led, and how that was found.
 *
 * @param alias as it was then, with its weights
 * @param seat of the {@code seats} that the deployments have by their weights, counted from 0
 */
public record SplitChoice(Alias alias, By by, int seat, int seats) {

    /** What decided about the seat. */
    public enum By {
        TURN("seats are taken in turns, because this alias knows nobody again"),
        NEW_COOKIE("the client had no cookie: it got the next seat, and a cookie to come back to it"),
        COOKIE("the client's cookie says its seat"),
        HEADER("the value of the header says the seat"),
        NO_HEADER("the request did not have the header, so it got the next seat");

        private final String words;

        By(String words) {
            this.words = words;
        }

        public String words() {
            return words;
        }
    }
}
