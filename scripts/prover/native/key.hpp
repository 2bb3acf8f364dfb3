// SPDX-License-Identifier: GPL-3.0-only
// A proving key in iden3's binary form, mapped into memory. Every size and index is checked before it is used.
#pragma once
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>

#include "field.hpp"

struct Coefficient {
    uint32_t matrix, constraint, wire;
    uint8_t value[32]; // times 2^512: a product with a plain number is in Montgomery form
};
static_assert(sizeof(Coefficient) == 44);

class Key {
public:
    uint32_t wires, publicInputs, domain, coefficientCount;
    G1Affine *alpha1, *beta1, *delta1, *a, *b1, *c, *h;
    G2Affine *beta2, *delta2, *b2;
    const Coefficient* coefficients;

    explicit Key(const char* path) {
        map(path);
        uint8_t* head = section(2, 4 + 32 + 4 + 32 + 12 + 64 + 64 + 128 + 128 + 64 + 128) + 4 + 32 + 4 + 32;
        memcpy(&wires, head, 4);
        memcpy(&publicInputs, head + 4, 4);
        memcpy(&domain, head + 8, 4);
        if (domain < 2 || domain > (1u << 27) || (domain & (domain - 1)) || wires < publicInputs + 1u) throw std::runtime_error("the key's head makes no sense");
        alpha1 = reinterpret_cast<G1Affine*>(head + 12);
        beta1 = alpha1 + 1;
        beta2 = reinterpret_cast<G2Affine*>(head + 12 + 128);
        delta1 = reinterpret_cast<G1Affine*>(head + 12 + 128 + 256); // gamma lies between: verifiers need it
        delta2 = reinterpret_cast<G2Affine*>(head + 12 + 128 + 256 + 64);
        a = reinterpret_cast<G1Affine*>(section(5, 64ull * wires));
        b1 = reinterpret_cast<G1Affine*>(section(6, 64ull * wires));
        b2 = reinterpret_cast<G2Affine*>(section(7, 128ull * wires));
        c = reinterpret_cast<G1Affine*>(section(8, 64ull * (wires - publicInputs - 1)));
        h = reinterpret_cast<G1Affine*>(section(9, 64ull * domain));
        readCoefficients();
    }

private:
    uint8_t* bytes = nullptr;
    uint64_t size = 0;
    std::map<uint32_t, std::pair<uint8_t*, uint64_t>> sections;

    void map(const char* path) {
        const int file = open(path, O_RDONLY);
        struct stat facts;
        if (file < 0 || fstat(file, &facts) != 0) throw std::runtime_error("the key cannot be opened");
        size = uint64_t(facts.st_size);
        // Private and writable: ffiasm takes no constants, and nothing of it reaches the file.
        void* mapped = size < 12 ? MAP_FAILED : mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
        close(file);
        if (mapped == MAP_FAILED) throw std::runtime_error("the key cannot be mapped");
        bytes = static_cast<uint8_t*>(mapped);
        if (memcmp(bytes, "zkey", 4) != 0) throw std::runtime_error("not a proving key");
        for (uint64_t at = 12; at + 12 <= size;) {
            uint32_t id;
            uint64_t length;
            memcpy(&id, bytes + at, 4);
            memcpy(&length, bytes + at + 4, 8);
            if (length > size - at - 12) throw std::runtime_error("the key ends too early");
            sections[id] = {bytes + at + 12, length};
            at += 12 + length;
        }
    }

    uint8_t* section(uint32_t id, uint64_t expected) {
        const auto found = sections.find(id);
        if (found == sections.end() || found->second.second != expected) throw std::runtime_error("section " + std::to_string(id) + " of the key is missing or of another size");
        return found->second.first;
    }

    void readCoefficients() {
        const auto found = sections.find(4);
        if (found == sections.end() || found->second.second < 4) throw std::runtime_error("section 4 of the key is missing");
        memcpy(&coefficientCount, found->second.first, 4);
        coefficients = reinterpret_cast<const Coefficient*>(section(4, 4 + 44ull * coefficientCount) + 4);
        for (uint32_t at = 0; at < coefficientCount; at++) {
            const Coefficient& each = coefficients[at];
            if (each.matrix > 1 || each.constraint >= domain || each.wire >= wires) throw std::runtime_error("a coefficient of the key is out of range");
        }
    }
};
