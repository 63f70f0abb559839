package dev.mayfly.engine;

import dev.mayfly.model.Deployment;
import dev.mayfly.model.Function;
import dev.mayfly.model.Trigger;

/** An invocation that wants a slot. */
public record InvocationRequest(
        Deployment deployment, Function function, Trigger trigger, String method, String path, Caller caller) {}
