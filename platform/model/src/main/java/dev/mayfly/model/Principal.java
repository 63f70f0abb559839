package dev.mayfly.model;

/** Who asks: a team and what its token allows. */
public record Principal(String team, Scope scope) {}
