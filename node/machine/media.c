#include "machine/media.h"

#include "machine/row.h"

static void fill(uint32_t *value, uint32_t otherwise)
{
    if (*value == 0) {
        *value = otherwise;
    }
}

Qc__V1__PerMedia *qc_media_fill(struct qc_txn *txn,
                                const Qc__V1__PerMedia *wanted,
                                const Qc__V1__PerMedia *defaults)
{
    Qc__V1__PerMedia *filled =
        qc_row_copy(txn, wanted != NULL ? wanted : defaults);

    if (filled == NULL) {
        return NULL;
    }
    fill(&filled->voice, defaults->voice);
    fill(&filled->chat, defaults->chat);
    fill(&filled->message, defaults->message);
    fill(&filled->email, defaults->email);
    fill(&filled->sms, defaults->sms);
    fill(&filled->outbound_voice, defaults->outbound_voice);
    fill(&filled->callback_voice, defaults->callback_voice);
    fill(&filled->workitem, defaults->workitem);
    return filled;
}

void qc_media_read(const Qc__V1__PerMedia *from, uint16_t *numbers)
{
    numbers[QC__V1__MEDIA__MEDIA_VOICE] = (uint16_t)from->voice;
    numbers[QC__V1__MEDIA__MEDIA_CHAT] = (uint16_t)from->chat;
    numbers[QC__V1__MEDIA__MEDIA_MESSAGE] = (uint16_t)from->message;
    numbers[QC__V1__MEDIA__MEDIA_EMAIL] = (uint16_t)from->email;
    numbers[QC__V1__MEDIA__MEDIA_SMS] = (uint16_t)from->sms;
    numbers[QC__V1__MEDIA__MEDIA_OUTBOUND_VOICE] =
        (uint16_t)from->outbound_voice;
    numbers[QC__V1__MEDIA__MEDIA_CALLBACK_VOICE] =
        (uint16_t)from->callback_voice;
    numbers[QC__V1__MEDIA__MEDIA_WORKITEM] = (uint16_t)from->workitem;
}
