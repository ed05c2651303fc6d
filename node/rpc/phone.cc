#include "rpc/phone.h"

#include <cstring>
#include <phonenumbers/phonenumberutil.h>
#include <string>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

namespace
{

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

bool read(const char *text, const char *country, struct qc_phone *phone_out)
{
    const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();
    struct qc_phone phone = {};
    PhoneNumber number;
    std::string out;

    if (util.Parse(text, country, &number) !=
            PhoneNumberUtil::NO_PARSING_ERROR ||
        number.has_extension() || !util.IsPossibleNumber(number)) {
        return false;
    }
    util.Format(number, PhoneNumberUtil::E164, &out);
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
