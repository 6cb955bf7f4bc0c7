"""The way out to Tencent Cloud. Features see only `ports`; what is behind them is set at start."""
