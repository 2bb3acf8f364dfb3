// SPDX-License-Identifier: GPL-3.0-only
// Sums of many points, each times a factor of its own (Pippenger's buckets with signed digits).
#pragma once
#include "field.hpp"

constexpr unsigned FACTOR_BITS = 254;

/// Bits of a window for which digits and buckets together cost least additions.
inline unsigned windowFor(size_t count) {
    unsigned best = 2;
    double least = 1e300;
    for (unsigned bits = 2; bits <= 16; bits++) {
        // A bucket costs two additions of projective points, each dearer than one of an affine point.
        double cost = double(FACTOR_BITS / bits + 1) * (double(count) + 2.8 * double(1u << (bits - 1)));
        if (cost < least) { least = cost; best = bits; }
    }
    return best;
}

/// Digits in -2^(bits-1) .. 2^(bits-1) of each factor; window by window, so that a thread reads them in a row.
inline std::vector<int32_t> signedDigits(const uint8_t* factors, size_t count, unsigned bits, unsigned windows) {
    std::vector<int32_t> digits(size_t(windows) * count);
    const int32_t half = 1 << (bits - 1), whole = 1 << bits;
#pragma omp parallel for schedule(static)
    for (size_t at = 0; at < count; at++) {
        uint64_t words[5] = {0, 0, 0, 0, 0};
        memcpy(words, factors + 32 * at, 32);
        int32_t carry = 0;
        for (unsigned window = 0; window < windows; window++) {
            const unsigned bit = window * bits, word = bit / 64, offset = bit % 64;
            uint64_t value = 0;
            if (word < 4) {
                value = words[word] >> offset;
                if (offset + bits > 64) value |= words[word + 1] << (64 - offset);
            }
            int32_t digit = int32_t(value & uint64_t(whole - 1)) + carry;
            carry = digit > half ? 1 : 0;
            digits[size_t(window) * count + at] = carry ? digit - whole : digit;
        }
    }
    return digits;
}

/// One window's sum: points go to the bucket of their digit, buckets are summed from the highest down.
template <class Group>
typename Group::Point sumOfWindow(Group& group, typename Group::PointAffine* points, const int32_t* digits, size_t count, unsigned bits) {
    std::vector<typename Group::Point> buckets(size_t(1) << (bits - 1), group.zero());
    for (size_t at = 0; at < count; at++) {
        const int32_t digit = digits[at];
        if (at + 8 < count && digits[at + 8] != 0) __builtin_prefetch(&buckets[size_t(std::abs(digits[at + 8])) - 1]);
        if (digit > 0) {
            group.add(buckets[digit - 1], buckets[digit - 1], points[at]);
        } else if (digit < 0) {
            typename Group::PointAffine opposite;
            group.neg(opposite, points[at]);
            group.add(buckets[-digit - 1], buckets[-digit - 1], opposite);
        }
    }
    typename Group::Point running = group.zero(), sum = group.zero();
    for (size_t at = buckets.size(); at-- > 0;) {
        group.add(running, running, buckets[at]);
        group.add(sum, sum, running);
    }
    return sum;
}

/// factors: 32 bytes each, the lowest first, below the group's order.
template <class Group>
typename Group::Point multiply(Group& group, typename Group::PointAffine* points, const uint8_t* factors, size_t count) {
    const unsigned bits = windowFor(count), windows = (FACTOR_BITS + bits) / bits;
    const std::vector<int32_t> digits = signedDigits(factors, count, bits, windows);
    std::vector<typename Group::Point> sums(windows, group.zero());
#pragma omp parallel for schedule(dynamic, 1)
    for (unsigned window = 0; window < windows; window++) {
        sums[window] = sumOfWindow(group, points, &digits[size_t(window) * count], count, bits);
    }
    typename Group::Point total = sums[windows - 1];
    for (unsigned window = windows - 1; window-- > 0;) {
        for (unsigned bit = 0; bit < bits; bit++) group.dbl(total, total);
        group.add(total, total, sums[window]);
    }
    return total;
}
