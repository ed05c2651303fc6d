#include "rpc/phone.h"

#include <cstring>
#include <phonenumbers/phonenumberutil.h>
#include <string>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

namespace
{

enum {
    READINGS_MAX = 4,
};

bool parse(const PhoneNumberUtil &util,
           const std::string &text,
           const char *country,
           PhoneNumber &number)
{
    return util.Parse(text, country, &number) ==
               PhoneNumberUtil::NO_PARSING_ERROR &&
           !number.has_extension() && util.IsPossibleNumber(number);
}

/* What is made of a number is read again until it stays as it is: a zero too
 * many ("+49 (0)030 ...") is dropped at the second reading only, and otherwise
 * one phone would be two, by how often its number had been through here. */
bool settle(const PhoneNumberUtil &util,
            std::string text,
            const char *country,
            std::string &out)
{
    PhoneNumber number;

    for (unsigned i = 0; i < READINGS_MAX; i++) {
        if (!parse(util, text, country, number)) {
            return false;
        }
        util.Format(number, PhoneNumberUtil::E164, &out);
        if (out == text) {
            return true;
        }
        text = out;
    }
    return false;
}

bool read(const char *text, const char *country, char (&e164)[QC_E164_SIZE])
{
    const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();
    std::string out;

    if (!settle(util, text, country, out) || out.size() < 8 ||
        out.size() >= sizeof(e164)) {
        return false;
    }
    std::memcpy(e164, out.data(), out.size());
    return true;
}

} // namespace

/* No exception of C++ may reach C; out of memory is then "no number". */
extern "C" bool qc_phone_read(const char *text,
                              const char *country,
                              char e164_out[QC_E164_SIZE])
{
    char e164[QC_E164_SIZE] = {};

    try {
        if (!read(text, country, e164)) {
            return false;
        }
    } catch (...) {
        return false;
    }
    std::memcpy(e164_out, e164, sizeof(e164));
    return true;
}
