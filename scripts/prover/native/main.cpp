// SPDX-License-Identifier: GPL-3.0-only
// A process that makes Groth16 proofs: `prover <proving key>`. It reads witnesses from stdin and writes proofs to stdout until
// stdin ends. A message is its length in 4 bytes and its bytes; numbers have their lowest byte first.
//
//   from the process  'r' wires(4)                            ready
//   to the process    witness(32 each)
//   from the process  'p' peakMemory(8) a(64) b(128) c(64)    a proof: x and y, plain numbers; in b the real part is first
//                     'f' text                                no proof
#include <cstdio>
#include <fstream>

#include "prove.hpp"

static void say(char kind, const std::string& body) {
    const uint32_t length = uint32_t(body.size() + 1);
    fwrite(&length, 4, 1, stdout);
    fputc(kind, stdout);
    fwrite(body.data(), 1, body.size(), stdout);
    fflush(stdout);
}

static void append(std::string& body, Engine::F1Element coordinate) {
    Engine::engine.f1.fromMontgomery(coordinate, coordinate);
    body.append(reinterpret_cast<const char*>(&coordinate), 32);
}

/// In bytes. Not getrusage's: that one begins with what the process that started this one held.
static uint64_t peakMemory() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.rfind("VmHWM:", 0) == 0) return std::stoull(line.substr(6)) * 1024;
    }
    return 0;
}

static std::string bytesOf(Proof& proof) {
    const uint64_t peak = peakMemory();
    std::string body(reinterpret_cast<const char*>(&peak), 8);
    for (const auto& each : {proof.a.x, proof.a.y, proof.b.x.a, proof.b.x.b, proof.b.y.a, proof.b.y.b, proof.c.x, proof.c.y}) append(body, each);
    return body;
}

int main(int count, char** words) {
    try {
        if (count != 2) throw std::runtime_error("it takes the path of a proving key");
        const Key key(words[1]);
        Prover prover(key);
        say('r', std::string(reinterpret_cast<const char*>(&key.wires), 4));
        std::vector<uint8_t> witness(32ull * key.wires);
        for (uint32_t length; fread(&length, 4, 1, stdin) == 1;) {
            if (length != witness.size()) throw std::runtime_error("the witness has another size than the key's circuit");
            if (fread(witness.data(), 1, length, stdin) != length) return 0;
            Proof proof = prover.prove(witness.data());
            say('p', bytesOf(proof));
        }
    } catch (const std::exception& error) {
        say('f', error.what());
        return 1;
    }
}
