package io.plasmabackup.config;

/** What can be set about a strategy: nothing so far, so any key in {@code options} is refused. */
public record Options() {}
