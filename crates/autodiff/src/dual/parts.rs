//! The parts of a dual number, which kernels take apart.

use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::DualNumber;

use super::Dual;

impl<T: Scalar, const N: usize> DualNumber<N> for Dual<T, N> {
    type Part = T;

    #[inline]
    fn constant_part(value: T) -> Self {
        Self::constant(value)
    }

    #[inline]
    fn value_part(self) -> T {
        self.value
    }

    #[inline]
    fn tangent_part(self, k: usize) -> T {
        self.tangent[k]
    }

    #[inline]
    fn set_tangent_part(&mut self, k: usize, tangent: T) {
        self.tangent[k] = tangent;
    }
}
