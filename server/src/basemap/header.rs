//! The header of a PMTiles file.
