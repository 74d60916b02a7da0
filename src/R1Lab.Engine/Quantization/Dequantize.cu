// Dense weights from quantised ones: every code is read once and every number written once, where a chain of operators moves several times as much.
// Compiled on the user's machine for the card at hand (DequantizeKernels.cs), which also puts NF4_NUMBERS, the 16 numbers of NF4, before this text.
// The results are those of the operators to the last bit: the products and the sum are float32, each rounded once and never fused, and so is the
// step to the narrower type.

constexpr unsigned int Threads = 256;        // of a block; DequantizeKernels.cs launches as many
constexpr unsigned int ChunkSize = 8;        // numbers a thread writes at once: 16 bytes of a 16-bit type
constexpr unsigned int ChunksPerThread = 4;

__constant__ float Numbers[16] = {NF4_NUMBERS};

struct bfloat16
{
    unsigned short bits;

    // Two numbers as they lie in memory: the first in the low half.
    static __device__ unsigned int pair(float first, float second)
    {
#if __CUDA_ARCH__ >= 800
        unsigned int bits;
        asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(second), "f"(first));
        return bits;
#else
        return rounded(first) | rounded(second) << 16;
#endif
    }

    // To the nearest, ties to even. What is no number would be carried into one and is answered apart.
    static __device__ unsigned int rounded(float number)
    {
        const unsigned int bits = __float_as_uint(number);
        return number == number ? (bits + 0x7fff + (bits >> 16 & 1)) >> 16 : 0x7fff;
    }
};

struct float16
{
    unsigned short bits;

    static __device__ unsigned int pair(float first, float second)
    {
#if __CUDA_ARCH__ >= 800
        unsigned int bits;
        asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(second), "f"(first));
        return bits;
#else
        return rounded(first) | rounded(second) << 16;
#endif
    }

    static __device__ unsigned int rounded(float number)
    {
        unsigned short bits;
        asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(number));
        return bits;
    }
};

template <typename Narrow>
__device__ void store(Narrow* to, const float (&chunk)[ChunkSize])
{
    *reinterpret_cast<uint4*>(to) = make_uint4(
        Narrow::pair(chunk[0], chunk[1]), Narrow::pair(chunk[2], chunk[3]), Narrow::pair(chunk[4], chunk[5]), Narrow::pair(chunk[6], chunk[7]));
}

template <>
__device__ void store(float* to, const float (&chunk)[ChunkSize])
{
    reinterpret_cast<float4*>(to)[0] = make_float4(chunk[0], chunk[1], chunk[2], chunk[3]);
    reinterpret_cast<float4*>(to)[1] = make_float4(chunk[4], chunk[5], chunk[6], chunk[7]);
}

template <typename Narrow>
__device__ void store(Narrow* to, float number)
{
    to->bits = static_cast<unsigned short>(Narrow::pair(number, 0));
}

template <>
__device__ void store(float* to, float number)
{
    *to = number;
}

// The scale of a chunk's block of 64. Quantised scales: places in a map of 256, one float32 scale for 256 of them, and a mean added to all.
__device__ float scale_of(
    unsigned int chunk, const unsigned char* __restrict__ scale_codes, const float* __restrict__ map, float mean, const float* __restrict__ scales)
{
    const unsigned int block = chunk / (64 / ChunkSize);
    return scale_codes == nullptr ? scales[block] : __fadd_rn(__fmul_rn(map[scale_codes[block]], scales[block / 256]), mean);
}

// codes: 8 to a word, the first of two in a byte's high half. dense: whole blocks, so every chunk is whole and lies on 16 bytes.
template <typename Number>
__device__ void nf4(
    const unsigned int* __restrict__ codes, const unsigned char* __restrict__ scale_codes, const float* __restrict__ map, float mean,
    const float* __restrict__ scales, Number* __restrict__ dense, unsigned int chunks)
{
    // Constant memory serves one place at a time; of these 16, each lies in a bank of its own.
    __shared__ float numbers[16];
    const unsigned int first = blockIdx.x * Threads * ChunksPerThread + threadIdx.x;
    unsigned int words[ChunksPerThread];
    float factors[ChunksPerThread];
    // Everything is asked for before anything is waited for. Past the end the last chunk is made once more: behind a condition the compiler would
    // ask for the codes only then.
#pragma unroll
    for (unsigned int i = 0; i < ChunksPerThread; i++) words[i] = codes[min(first + i * Threads, chunks - 1)];
#pragma unroll
    for (unsigned int i = 0; i < ChunksPerThread; i++) factors[i] = scale_of(min(first + i * Threads, chunks - 1), scale_codes, map, mean, scales);

    if (threadIdx.x < 16) numbers[threadIdx.x] = Numbers[threadIdx.x];
    __syncthreads();
#pragma unroll
    for (unsigned int i = 0; i < ChunksPerThread; i++)
    {
        float values[ChunkSize];
#pragma unroll
        for (unsigned int j = 0; j < ChunkSize; j++)
        {
            const unsigned int shift = j / 2 * 8 + (j % 2 == 0 ? 4 : 0);
            values[j] = __fmul_rn(numbers[words[i] >> shift & 15], factors[i]);
        }

        store(dense + static_cast<unsigned long long>(min(first + i * Threads, chunks - 1)) * ChunkSize, values);
    }
}

// One block of threads a row. Rows that are no whole chunks do not lie on 16 bytes and go number by number.
template <typename Number>
__device__ void int8(const signed char* __restrict__ codes, const float* __restrict__ scales, Number* __restrict__ dense, unsigned int columns)
{
    const unsigned long long row = static_cast<unsigned long long>(blockIdx.x) * columns;
    const float scale = scales[blockIdx.x];
    if (columns % ChunkSize != 0)
    {
        for (unsigned int column = threadIdx.x; column < columns; column += Threads) store(dense + row + column, __fmul_rn(codes[row + column], scale));
        return;
    }

    for (unsigned int column = threadIdx.x * ChunkSize; column < columns; column += Threads * ChunkSize)
    {
        const uint2 words = *reinterpret_cast<const uint2*>(codes + row + column);
        float values[ChunkSize];
#pragma unroll
        for (unsigned int j = 0; j < ChunkSize; j++)
        {
            values[j] = __fmul_rn(static_cast<signed char>((j < 4 ? words.x : words.y) >> j % 4 * 8), scale);
        }

        store(dense + row + column, values);
    }
}

#define KERNELS_TO(Number)                                                                                                                       \
    extern "C" __global__ void nf4_to_##Number(                                                                                                  \
        const unsigned int* codes, const unsigned char* scale_codes, const float* map, float mean, const float* scales, Number* dense,            \
        unsigned int chunks)                                                                                                                     \
    {                                                                                                                                            \
        nf4(codes, scale_codes, map, mean, scales, dense, chunks);                                                                               \
    }                                                                                                                                            \
                                                                                                                                                 \
    extern "C" __global__ void int8_to_##Number(const signed char* codes, const float* scales, Number* dense, unsigned int columns)               \
    {                                                                                                                                            \
        int8(codes, scales, dense, columns);                                                                                                     \
    }

KERNELS_TO(bfloat16)
KERNELS_TO(float16)
KERNELS_TO(float)
