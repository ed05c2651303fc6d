/*
 * A server of calls (node/http2/test/echo.h) on loopback, one client after the
 * other: for inputs that are what a client sends.
 */
#ifndef QC_FUZZ_DOOR_H
#define QC_FUZZ_DOOR_H

#include "http2/test/raw.h"

/* A client that has connected, and with |preface| has said what a client says
 * first. The server is opened once, and stays. */
struct raw *door_enter(bool preface);

/* Lets both sides do what they have to do now. Calls that wait for it are
 * answered, or sent a message. */
void door_turn(struct raw *raw);

/* The client goes without a word. Nothing of it is left then, neither
 * connection nor call nor byte that waits. */
void door_leave(struct raw *raw);

#endif
