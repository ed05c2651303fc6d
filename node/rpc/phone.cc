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

/* As GetLengthOfNationalDestinationCode(), of what is no mobile: the second of
 * at least three groups of digits, as the number is written between countries.
 */
size_t second_group(const std::string &written)
{
    static const char digits[] = "0123456789";
    size_t begin = 0;
    size_t end = 0;
    size_t length = 0;

    for (unsigned group = 0; group < 3; group++) {
        begin = written.find_first_of(digits, end);
        if (begin == std::string::npos) {
            return 0;
        }
        end = written.find_first_not_of(digits, begin);
        length = group == 1 ? end - begin : length;
    }
    return length;
}

/* As GetLengthOfGeographicalAreaCode(), which finds |country| and |type| out
 * again, three times: what is left of it for them. Mobiles with an area are
 * those of five countries, each with rules of its own. */
size_t area_length(const PhoneNumberUtil &util,
                   const PhoneNumber &number,
                   const std::string &country,
                   PhoneNumberUtil::PhoneNumberType type)
{
    std::string text;

    if (country.empty() ||
        !util.IsNumberGeographical(type, number.country_code())) {
        return 0;
    }
    if (type == PhoneNumberUtil::MOBILE) {
        return static_cast<size_t>(
            util.GetLengthOfGeographicalAreaCode(number));
    }
    util.GetNddPrefixForRegion(country, false, &text);
    if (text.empty() && !number.italian_leading_zero()) {
        return 0;
    }
    util.Format(number, PhoneNumberUtil::INTERNATIONAL, &text);
    return second_group(text);
}

/* What is of no region is of no type: so the library would say, but only after
 * it had been through the tables of all regions a second time. */
void look_up(const PhoneNumberUtil &util,
             const PhoneNumber &number,
             struct qc_phone_facts &facts)
{
    PhoneNumberUtil::PhoneNumberType type = PhoneNumberUtil::UNKNOWN;
    std::string country;
    std::string national;

    util.GetRegionCodeForNumber(number, &country);
    if (country != "ZZ") {
        type = util.GetNumberType(number);
    }
    if (country.size() != 2 || country == "ZZ") {
        country.clear();
    }
    copy(facts.country, country);
    util.GetNationalSignificantNumber(number, &national);
    copy(facts.area,
         "+" + std::to_string(number.country_code()) +
             national.substr(0, area_length(util, number, country, type)));
    facts.line_type = static_cast<int>(type);
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

bool read(const char *text,
          const char *country,
          char (&e164)[QC_E164_SIZE],
          struct qc_phone_facts *facts_out)
{
    const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();
    struct qc_phone_facts facts = {};
    PhoneNumber number;
    std::string out;

    if (!settle(util, text, country, number, out) || out.size() < 8 ||
        out.size() >= sizeof(e164)) {
        return false;
    }
    if (facts_out != nullptr) {
        look_up(util, number, facts);
        *facts_out = facts;
    }
    copy(e164, out);
    return true;
}

} // namespace

/* No exception of C++ may reach C; out of memory is then "no number". */
extern "C" bool qc_phone_read(const char *text,
                              const char *country,
                              char e164_out[QC_E164_SIZE],
                              struct qc_phone_facts *facts_out)
{
    char e164[QC_E164_SIZE] = {};

    try {
        if (!read(text, country, e164, facts_out)) {
            return false;
        }
    } catch (...) {
        return false;
    }
    std::memcpy(e164_out, e164, sizeof(e164));
    return true;
}
