#include "lianqing/number.h"

#include <gtest/gtest.h>

namespace lianqing {
namespace {

Number n(const char* text) { return Number::parse(text).value(); }

TEST(Number, ReadsDecimalsExactly) {
  EXPECT_EQ(n("0.1") + n("0.2"), n("0.3"));
  EXPECT_EQ(n("1e2"), Number(100));
  EXPECT_EQ(n("1.5e-3"), Number::ratio(15, 10000));
  EXPECT_EQ(n("-0"), Number(0));
  EXPECT_EQ(n("9223372036854775807").num(), 9223372036854775807);
}

TEST(Number, RoundsToSixDecimalsAwayFromZero) {
  EXPECT_EQ(n("0.0000005"), Number::ratio(1, 1000000));
  EXPECT_EQ(n("-0.0000005"), Number::ratio(-1, 1000000));
  EXPECT_EQ(n("0.00000049"), Number(0));
  EXPECT_EQ(n("1e-400"), Number(0));
}

TEST(Number, RefusesWhatIsNoNumberOrTooLarge) {
  for (const char* text : {"", "-", "x", "1x", "1e", "NaN", "Infinity", "1e400",
                           "9223372036854775808", "9300000000000.5", ".", "1.2.3"}) {
    EXPECT_FALSE(Number::parse(text).has_value()) << text;
  }
}

TEST(Number, PrintsAsTheNearestDouble) {
  EXPECT_EQ((Number(10) / Number(3)).to_string(), "3.3333333333333335");
  EXPECT_EQ(n("77.2").to_string(), "77.2");
  EXPECT_EQ(Number(-7).to_string(), "-7");
}

TEST(Number, PrintsFixedDecimals) {
  EXPECT_EQ(n("2.345").to_fixed(2), "2.35");
  EXPECT_EQ(n("-0.05").to_fixed(1), "-0.1");
  EXPECT_EQ(n("0.004").to_fixed(2), "0.00");
  EXPECT_EQ(Number(1234).to_fixed(0), "1234");
  EXPECT_EQ(Number(12).to_fixed(2), "12.00");
}

TEST(Number, ComparesAcrossDenominators) {
  EXPECT_LT(Number(1) / Number(3), n("0.333334"));
  EXPECT_GT(Number(1) / Number(3), n("0.333333"));
  EXPECT_EQ(Number(19) / Number(20), n("0.95"));
}

TEST(Number, RemainderHasTheSignOfTheDividend) {
  EXPECT_EQ(Number::remainder(7, 3), Number(1));
  EXPECT_EQ(Number::remainder(-7, 3), Number(-1));
  EXPECT_EQ(Number::remainder(n("7.5"), 2), n("1.5"));
}

TEST(Number, RoundsHalfAwayFromZero) {
  EXPECT_EQ(n("2.5").round(0), Number(3));
  EXPECT_EQ(n("-2.5").round(0), Number(-3));
  EXPECT_EQ(n("1.005").round(2), n("1.01"));
}

TEST(Number, WhatDoesNotFitIsRoundedNotWrapped) {
  const Number tiny = Number(1) / Number(9223372036854775807);
  EXPECT_EQ(tiny * tiny, Number(0));
  const Number large(9223372036854775807);
  EXPECT_EQ((large * large).num(), 9223372036854775807);
  const Number sum =
      Number(1) / Number(4611686018427387847) + Number(1) / Number(4611686018427387761);
  EXPECT_LT(sum, n("0.000001"));
}

}  // namespace
}  // namespace lianqing
