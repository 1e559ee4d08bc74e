//! The three terms of the loss.

use dfdx_loss::loss;

loss! {
    /// Squared distance from given values: the initial and the boundary term.
    pub Given(u: [B], truth: data [B]) {
        let gap[b] = u[b] - truth[b];
        gap[b] * gap[b]
    }

    /// Squared residual of the Burgers equation. `u` holds the network at the points of a stencil, the others the
    /// weights that make the value and the derivatives of it.
    pub Residual<nu = 0.01>(u: [B, S], at: data [S], dt: data [S], dx: data [S], dxx: data [S]) {
        let value[b] = sum[s](u[b, s] * at[s]);
        let time[b] = sum[s](u[b, s] * dt[s]);
        let slope[b] = sum[s](u[b, s] * dx[s]);
        let bend[b] = sum[s](u[b, s] * dxx[s]);
        let rest[b] = time[b] + value[b] * slope[b] - nu * bend[b];
        rest[b] * rest[b]
    }
}
