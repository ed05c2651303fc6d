/*
 * A scene: one agent, amy, one call, a colleague, bob, and one visitor, in a
 * shop of their own, and how they come to each of their states. Test support;
 * never linked in.
 */
#ifndef QC_COMMAND_TEST_SCENE_H
#define QC_COMMAND_TEST_SCENE_H

#include <stdbool.h>
#include <stdint.h>

#include "command/test/world.h"

enum {
    QC_SCENE_ID_SIZE = 48,
};

/* No interaction, and no subscription. */
#define QC_SCENE_NOBODY          "ix_0000000000000"
#define QC_SCENE_NO_SUBSCRIPTION "av_0000000000000"

/* What there is, by ids. */
extern struct qc_scene {
    struct qc_world world;
    struct qc_reply reply;
    char interaction[QC_SCENE_ID_SIZE];
    char offer[QC_SCENE_ID_SIZE];
    char session[QC_SCENE_ID_SIZE];
    char access_code[QC_SCENE_ID_SIZE];
    char subscription[QC_SCENE_ID_SIZE];
    char token[QC_SCENE_ID_SIZE]; /* Of the visit that has it. */
    char effect[QC_SCENE_ID_SIZE];
    char consult[QC_SCENE_ID_SIZE];
    char asked[QC_SCENE_ID_SIZE];     /* The offer of the consult, */
    char colleague[QC_SCENE_ID_SIZE]; /* and the session of whom it is to. */
} qc_scene;

/* Anew; qc_scene.world is to be closed. */
void qc_scene_open(void);

/* Whether |text|, in which $ix, $offer, $session, $code, $subscription, $token,
 * $effect, $consult, $asked and $colleague stand for what the scene has, was
 * done. */
bool qc_scene_ask(const char *text);

void qc_scene_pass(int64_t later_ms);

/* Likewise, amy being heard of all the while. */
void qc_scene_pass_heard(int64_t later_ms);

/* How each state is come to, of the call and of amy, */
void qc_scene_nobody_called(void);
void qc_scene_identify(void);
void qc_scene_wait(void);
void qc_scene_be_offered(void);
void qc_scene_connect(void);
void qc_scene_hold(void);
void qc_scene_end(void);
void qc_scene_dispose(void);
void qc_scene_close(void);
void qc_scene_be_ready(void);
void qc_scene_leave(void);
void qc_scene_nobody_logged_in(void);

/* of a consult about the call, */
void qc_scene_ask_nobody(void);
void qc_scene_ask_colleague(void);
void qc_scene_consult(void);

/* and of a visitor who waits to be told that somebody is there. */
void qc_scene_subscribe(void);
void qc_scene_notify(void);
void qc_scene_claim(void);
void qc_scene_decline(void);
void qc_scene_let_expire(void);
void qc_scene_cancel(void);
void qc_scene_fail_to_push(void);

#endif
