// SPDX-License-Identifier: GPL-3.0-only
// What the prover takes from ffiasm: the fields and groups of BN254.
#pragma once
#include <sys/types.h>

#include <cassert>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "alt_bn128.hpp"
#include "fft.hpp"

using Engine = AltBn128::Engine;
using Fr = Engine::FrElement;
using G1 = Engine::G1Point;
using G2 = Engine::G2Point;
using G1Affine = Engine::G1PointAffine;
using G2Affine = Engine::G2PointAffine;
