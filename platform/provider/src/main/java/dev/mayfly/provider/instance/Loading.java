package dev.mayfly.provider.instance;

import dev.mayfly.model.Problem;
import dev.mayfly.model.ServingMode;
import dev.mayfly.provider.ExitStatus;
import dev.mayfly.provider.ProvidedInstance.Import;
import java.util.List;

/** What loading the user's code came to. */
public sealed interface Loading {
    /**
     * It serves.
     *
     * @param imports what its worker says that it imported
     * @param hold modules of others that it says are worth holding ready for it, in the order of their import
     * @param variables of a process that is to be copied, the names of those that it says were looked up; {@code *}: all
     */
    record Ready(ServingMode mode, List<Import> imports, List<String> hold, List<String> variables)
            implements Loading {}

    /** It never will. */
    record Failed(Problem problem, How how) implements Loading {
        /** Whether its process was ended before it could say why: by a signal, or with what it ran in. */
        public boolean killed() {
            return how == How.DIED || how == How.KILLED;
        }
    }

    /** Of one that never will. */
    enum How {
        /** It said so itself, or ended in an ordinary way. */
        SAID,
        /** It took longer than it may. */
        LATE,
        /** Of a signal that a process gets for what it does. */
        DIED,
        /** From outside, whatever it did. */
        KILLED,
        /** It is a copy, and says that it cannot become this function; nothing of that has run. */
        UNLIKE;

        static How of(ExitStatus status) {
            if (!status.killed()) {
                return SAID;
            }
            return status.fromOutside() ? KILLED : DIED;
        }
    }
}
