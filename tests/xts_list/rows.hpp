// Rows of an instrument master in the documented layout, made up. docs/protocols/xts.md#instruments
#pragma once

#include <string>

namespace tidegate::test::xts {

inline const std::string kReliance =
    "NSECM|2885|8|RELIANCE|RELIANCE-EQ|EQ|RELIANCE-EQ|1100100002885|1562.3|1278.3|354210|0.1|1|1|RELIANCE|INE002A01018|1|1|RELIANCE INDUSTRIES "
    "LTD-EQ|0|-1|-1\n";
inline const std::string kBond =
    "NSECM|20364|8|771KL43|771KL43-SG|SG|771KL43-SG|1100100020364|102.4|92.6|1025599|0.01|100|1|771KL43|IN0020230001|1|1|STATE LOAN\n";
inline const std::string kShares = "NSECM|512|8|ACME&CO|ACME&CO-BE|BE|ACME&CO-BE|1100100000512|21|19|100000|0.01|1|1\n";
inline const std::string kBseShare =
    "BSECM|500325|8|RELIANCE|RELIANCE|A|RELIANCE-A|1101100500325|1562|1278|9999|0.05|1|1|RELIANCE|INE002A01018|1|1|RELIANCE INDUSTRIES LTD|0|-1|-1\n";
inline const std::string kFuture =
    "NSEFO|53001|1|NIFTY|NIFTY26JANFUT|FUTIDX|NIFTY-FUTIDX|2602700053001|28000|22000|1801|0.1|75|1|-1|Nifty 50|2026-01-27T14:30:00|NIFTY "
    "27JAN2026|1|1|NIFTY26JANFUT\n";
inline const std::string kCall =
    "NSEFO|43422|2|NIFTY|NIFTY26JAN25000CE|OPTIDX|NIFTY-OPTIDX|2602700043422|900|0.05|1801|0.05|75|1|-1|Nifty 50|2026-01-27T14:30:00|25000|3|NIFTY "
    "27JAN2026 CE 25000|1|1|NIFTY26JAN25000CE\n";
inline const std::string kPut =
    "NSEFO|43423|2|ACME|ACME26JAN102.5PE|OPTSTK|ACME-OPTSTK|2602700043423|90|0.05|1801|0.05|1250|1|1100100000512|ACME|2026-01-27T14:30:00|102.50|4|"
    "ACME 27JAN2026 PE 102.5|1|1|ACME26JAN102.5PE\n";
inline const std::string kSpread =
    "NSEFO|70001|4|NIFTY|NIFTY26JANFEBSPD|FUTIDX|NIFTY-FUTIDX|2602700070001|500|-500|1801|0.1|75|1|-1|Nifty 50|2026-01-27T14:30:00|NIFTY SPD 27JAN "
    "24FEB|1|1|NIFTY26JANFEBSPD\n";
inline const std::string kCrude =
    "MCXFO|447001|1|CRUDEOIL|CRUDEOIL26JANFUT|FUTCOM|CRUDEOIL-FUTCOM|5102600447001|6000|5000|10000|1|100|1|-1|CRUDEOIL|2026-01-19T23:30:00|CRUDEOIL "
    "19JAN2026|1|1|CRUDEOIL26JANFUT\n";
inline const std::string kGoldSpot = "MCXFO|900|16|GOLD|GOLD|COMSPOT|GOLD-COMSPOT|5100000000900|0|0|0|1|1|1\n";

inline const std::string kNseShares = kReliance + kBond + kShares;
inline const std::string kNseContracts = kFuture + kCall + kPut + kSpread;

/// What `kNseShares + kNseContracts` has besides, as an index list gives it.
inline const std::string kIndexEntries = R"(["NIFTY 50_26000","NIFTY BANK_26001","INDIA_VIX_26002"])";

}  // namespace tidegate::test::xts
