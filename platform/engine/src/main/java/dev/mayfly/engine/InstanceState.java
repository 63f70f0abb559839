package dev.mayfly.engine;

import dev.mayfly.provider.ProvidedInstance;

/** Where an instance is in its life. A move that is not a method here is not legal. Times are nanoseconds of the {@link Ticker}. */
sealed interface InstanceState {
    /** The word for it in {@code mayfly ps}. */
    String word();

    /** Not serving yet. */
    record Starting() implements InstanceState {
        Idle ready(ProvidedInstance provided, long now) {
            return new Idle(provided, now);
        }

        Gone failed() {
            return new Gone();
        }

        @Override
        public String word() {
            return "starting";
        }
    }

    /** It takes requests. */
    sealed interface Serving extends InstanceState {
        ProvidedInstance provided();

        int active();

        Busy dispatch();

        /** From now on it only finishes what it has. */
        Draining retire(long now);

        default Gone exited() {
            return new Gone();
        }
    }

    /** @param since when it last had something to do */
    record Idle(ProvidedInstance provided, long since) implements Serving {
        @Override
        public int active() {
            return 0;
        }

        @Override
        public Busy dispatch() {
            return new Busy(provided, 1);
        }

        @Override
        public Draining retire(long now) {
            return new Draining(provided, 0, now);
        }

        @Override
        public String word() {
            return "idle";
        }
    }

    /** @param active requests it has, > 0 */
    record Busy(ProvidedInstance provided, int active) implements Serving {
        @Override
        public Busy dispatch() {
            return new Busy(provided, active + 1);
        }

        Serving release(long now) {
            return active == 1 ? new Idle(provided, now) : new Busy(provided, active - 1);
        }

        @Override
        public Draining retire(long now) {
            return new Draining(provided, active, now);
        }

        @Override
        public String word() {
            return "busy";
        }
    }

    /** @param since when it was retired, or was left by its last request */
    record Draining(ProvidedInstance provided, int active, long since) implements InstanceState {
        Draining release(long now) {
            return new Draining(provided, active - 1, now);
        }

        Gone exited() {
            return new Gone();
        }

        @Override
        public String word() {
            return "draining";
        }
    }

    /** Nothing of it is left. */
    record Gone() implements InstanceState {
        @Override
        public String word() {
            return "gone";
        }
    }
}
