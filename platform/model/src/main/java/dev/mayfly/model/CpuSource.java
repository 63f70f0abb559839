package dev.mayfly.model;

/** Where a CPU figure comes from. */
public enum CpuSource {
    CGROUP,
    PROC,
    NONE
}
