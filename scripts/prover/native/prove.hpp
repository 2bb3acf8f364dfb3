// SPDX-License-Identifier: GPL-3.0-only
// Groth16 over BN254: a proof of a witness under a key.
#pragma once
#include <sys/random.h>

#include "key.hpp"
#include "multiply.hpp"

/// Affine points; coordinates in Montgomery form.
struct Proof {
    G1Affine a;
    G2Affine b;
    G1Affine c;
};

class Prover {
public:
    explicit Prover(const Key& key) : key(key), transform(2ull * key.domain) {}

    /// witness: 32 bytes of each wire, the lowest first, below the field's order.
    Proof prove(const uint8_t* witness) {
        Engine& e = Engine::engine;
        const std::vector<Fr> quotient = quotientOf(reinterpret_cast<const Fr*>(witness));
        G1 h = multiply(e.g1, key.h, reinterpret_cast<const uint8_t*>(quotient.data()), key.domain);
        G1 a = multiply(e.g1, key.a, witness, key.wires);
        G1 b1 = multiply(e.g1, key.b1, witness, key.wires);
        G2 b = multiply(e.g2, key.b2, witness, key.wires);
        const size_t open = key.publicInputs + 1;
        G1 c = multiply(e.g1, key.c, witness + 32 * open, key.wires - open);
        return blind(a, b1, b, c, h);
    }

private:
    const Key& key;
    FFT<Engine::Fr> transform;

    /// (A B - C) / Z, by its values on the odd half of the doubled domain, as the key's points h expect it. Plain numbers.
    std::vector<Fr> quotientOf(const Fr* wires) {
        Engine& e = Engine::engine;
        const uint32_t domain = key.domain;
        std::vector<Fr> a(domain, e.fr.zero()), b(domain, e.fr.zero()), c(domain);
        for (uint32_t at = 0; at < key.coefficientCount; at++) {
            const Coefficient& each = key.coefficients[at];
            Fr factor, product;
            memcpy(&factor, each.value, 32);
            e.fr.mul(product, wires[each.wire], factor);
            Fr& sum = each.matrix == 0 ? a[each.constraint] : b[each.constraint];
            e.fr.add(sum, sum, product);
        }
#pragma omp parallel for
        for (uint32_t at = 0; at < domain; at++) e.fr.mul(c[at], a[at], b[at]);
        for (std::vector<Fr>* values : {&a, &b, &c}) shift(*values);
#pragma omp parallel for
        for (uint32_t at = 0; at < domain; at++) {
            e.fr.mul(a[at], a[at], b[at]);
            e.fr.sub(a[at], a[at], c[at]);
            e.fr.fromMontgomery(a[at], a[at]);
        }
        return a;
    }

    /// From values on the domain to values on the domain times a root of the doubled one.
    void shift(std::vector<Fr>& values) {
        Engine& e = Engine::engine;
        transform.ifft(values.data(), key.domain);
        const uint32_t doubled = transform.log2(key.domain) + 1;
#pragma omp parallel for
        for (uint32_t at = 0; at < key.domain; at++) e.fr.mul(values[at], values[at], transform.root(doubled, at));
        transform.fft(values.data(), key.domain);
    }

    /// Adds what makes two proofs of one witness differ, so that a proof tells nothing but its statement.
    Proof blind(G1& a, G1& b1, G2& b, G1& c, G1& h) {
        Engine& e = Engine::engine;
        Fr r = random(), s = random(), rs;
        G1 part;
        G2 part2;
        e.g1.add(a, a, *key.alpha1);
        addTimes(a, *key.delta1, r);
        e.g2.add(b, b, *key.beta2);
        e.g2.mulByScalar(part2, *key.delta2, reinterpret_cast<uint8_t*>(&s), 32);
        e.g2.add(b, b, part2);
        e.g1.add(b1, b1, *key.beta1);
        addTimes(b1, *key.delta1, s);
        e.g1.add(c, c, h);
        addTimes(c, a, s);
        addTimes(c, b1, r);
        e.fr.toMontgomery(rs, r);
        e.fr.mul(rs, rs, s);
        e.g1.mulByScalar(part, *key.delta1, reinterpret_cast<uint8_t*>(&rs), 32);
        e.g1.sub(c, c, part);
        Proof proof;
        e.g1.copy(proof.a, a);
        e.g2.copy(proof.b, b);
        e.g1.copy(proof.c, c);
        return proof;
    }

    template <class Point>
    static void addTimes(G1& sum, Point& point, Fr& factor) {
        G1 part;
        Engine::engine.g1.mulByScalar(part, point, reinterpret_cast<uint8_t*>(&factor), 32);
        Engine::engine.g1.add(sum, sum, part);
    }

    /// A plain number below the field's order, each as likely.
    static Fr random() {
        for (;;) {
            Fr value;
            if (getrandom(&value, sizeof value, 0) != sizeof value) throw std::runtime_error("the system gives no random numbers");
            value.v[3] &= (uint64_t(1) << 62) - 1;
            if (isBelowOrder(value)) return value;
        }
    }

    static bool isBelowOrder(const Fr& value) {
        static const uint64_t order[4] = {0x43e1f593f0000001, 0x2833e84879b97091, 0xb85045b68181585d, 0x30644e72e131a029};
        for (int word = 3; word >= 0; word--) {
            if (value.v[word] != order[word]) return value.v[word] < order[word];
        }
        return false;
    }
};
