#include "kernel/number.h"

#include <math.h>
#include <stdbool.h>

//  high + low, |low| at most half a unit in the last place of high.
typedef struct {
    double high, low;
} s_pair_t;

static s_pair_t
s_multiply (s_pair_t a, s_pair_t b)
{
    double high = a.high * b.high;
    double low = fma (a.high, b.high, -high) + (a.high * b.low + a.low * b.high);
    double sum = high + low;
    return (s_pair_t){sum, low - (sum - high)};
}

double
gradmq_number_power (double base, uint64_t n)
{
    s_pair_t result = {1, 0}, square = {base, 0};
    for (; n; n >>= 1) {
        if (n & 1)
            result = s_multiply (result, square);
        square = s_multiply (square, square);
    }
    return result.high;
}

//  Terms of series: each is enough for one unit in the last place in its range.
#define LOG_TERMS 22
#define EXP_TERMS 14
#define COS_TERMS 12

//  log (x) = e log 2 + 2 atanh (z), z = (m - 1) / (m + 1), x = m 2^e, m from sqrt (1/2) to sqrt 2.
static double
s_log (double x)
{
    int e;
    double m = frexp (x, &e);
    if (m < 0.70710678118654752) {
        m *= 2;
        e--;
    }
    double z = (m - 1) / (m + 1), sum = 0;
    for (int k = LOG_TERMS; k >= 0; k--)
        sum = sum * (z * z) + 1.0 / (2 * k + 1);
    return e * 0.69314718055994531 + 2 * z * sum;
}

static double
s_exp (double x)
{
    double e = floor (x * 1.4426950408889634 + 0.5);
    double rest = (x - e * 0.693147180369123816490) - e * 1.90821492927058770002e-10;
    double sum = 1;
    for (int k = EXP_TERMS; k > 0; k--)
        sum = 1 + sum * rest / k;
    return ldexp (sum, (int) e);
}

double
gradmq_number_root_power (double base, double x)
{
    double exponent = x * s_log (base);
    return exponent < -745 ? 0 : s_exp (exponent);
}

//  cos (pi x) for 0 <= x <= 1/2, as a sine near 1/2, where the cosine is small.
static double
s_cos_pi (double x)
{
    static const double pi = 3.14159265358979324;
    bool sine = x > 0.25;
    double angle = sine ? (0.5 - x) * pi : x * pi;
    double square = angle * angle, sum = 1;
    for (int k = COS_TERMS; k > 0; k--)
        sum = 1 - sum * square / ((2 * k - 1 + sine) * (2 * k + sine));
    return sine ? angle * sum : sum;
}

double
gradmq_number_cos_pi (double x)
{
    return x > 0.5 ? -s_cos_pi (1 - x) : s_cos_pi (x);
}
