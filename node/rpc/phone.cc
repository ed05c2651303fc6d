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

/* Copies |text| if it fits, else nothing: half a number is none. |to| is zero.
 */
template <size_t size> void copy(char (&to)[size], const std::string &text)
{
    if (text.size() < size) {
        std::memcpy(to, text.data(), text.size());
    }
}

std::string area_of(const PhoneNumberUtil &util, const PhoneNumber &number)
{
    std::string national;
    int length = util.GetLengthOfGeographicalAreaCode(number);

    util.GetNationalSignificantNumber(number, &national);
    return "+" + std::to_string(number.country_code()) +
           national.substr(0, static_cast<size_t>(length > 0 ? length : 0));
}

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
            PhoneNumber &number,
            std::string &out)
{
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

bool read(const char *text, const char *country, struct qc_phone *phone_out)
{
    const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();
    struct qc_phone phone = {};
    PhoneNumber number;
    std::string out;

    if (!settle(util, text, country, number, out)) {
        return false;
    }
    if (out.size() < 8 || out.size() >= sizeof(phone.e164)) {
        return false;
    }
    copy(phone.e164, out);
    util.GetRegionCodeForNumber(number, &out);
    copy(phone.country, out.size() == 2 && out != "ZZ" ? out : "");
    copy(phone.area, area_of(util, number));
    phone.line_type = static_cast<int>(util.GetNumberType(number));
    *phone_out = phone;
    return true;
}

} // namespace

/* No exception of C++ may reach C; out of memory is then "no number". */
extern "C" bool qc_phone_read(const char *text,
                              const char *country,
                              struct qc_phone *phone_out)
{
    try {
        return read(text, country, phone_out);
    } catch (...) {
        return false;
    }
}
