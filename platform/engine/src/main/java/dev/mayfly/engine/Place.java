package dev.mayfly.engine;

/** What a request has from when it asked for a slot: a place in the queue, and then the slot. Safe on an event loop. */
public interface Place {
    /**
     * Nobody wants the answer any longer, and nothing was sent to an instance: it waits no more, and the slot that it may have by now is free at
     * once. Nothing is recorded, since nothing ran. {@link Engine#admit} is not answered after this, unless the answer was on its way already.
     * Does nothing where the request is over.
     */
    void giveUp();
}
