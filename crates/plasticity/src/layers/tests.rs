//! Descriptions that are read and written again, and those that are refused.

use super::*;

fn error(text: &str) -> String {
    LayerDescription::parse(text).unwrap_err().to_string()
}

#[test]
fn descriptions_are_read_back() {
    for (text, sizes) in [
        ("784 170 47", vec![784, 170, 47]),
        ("28x28x1 conv5x8 pool2 100 47", vec![784, 4608, 100, 47]),
        ("9x7x3 conv3x4/2 conv2x5 10", vec![189, 48, 30, 10]),
        ("9x7x3 conv3x4+1 conv5x2+2/2 10", vec![189, 252, 40, 10]),
        ("2x3x1 conv5x1+2 2", vec![6, 6, 2]),
        ("8x8x2 pool2 pool2 3", vec![128, 3]),
        ("8x8x2 maxpool2 pool2 conv2x3 maxpool1 3", vec![128, 3, 3]),
        ("9 5 5 skip1 5 skip2 3", vec![9, 5, 5, 5, 3]),
        (
            "6x6x2 conv3x4+1 conv5x4+2 skip1 pool2 3",
            vec![72, 144, 144, 3],
        ),
        ("28 recurrent64 47", vec![28, 64, 64, 47]),
    ] {
        let layers = LayerDescription::parse(text).unwrap();
        assert_eq!(layers.sizes, sizes);
        assert_eq!(layers.to_string(), text);
    }
    let written_out = LayerDescription::parse("6x6x1, conv3x2+0/1 ,dense4").unwrap();
    assert_eq!(written_out.to_string(), "6x6x1 conv3x2 4");
}

#[test]
fn a_wrong_word_is_pointed_at() {
    let wrong = LayerDescription::parse("28x28x1 conv5x8 pool5 47").unwrap_err();
    assert_eq!((wrong.number, wrong.at), (3, 16..21));
    assert_eq!(
        error("28x28x1 conv5x8 pool5 47"),
        "word 3, `pool5`: the image below it is 24x24; choose a number that divides both"
    );
    for (text, found) in [
        (
            "conv5x8 10",
            "word 1, `conv5x8`: the first word says the inputs",
        ),
        (
            "28x28 10",
            "word 1, `28x28`: the first word says the inputs",
        ),
        (
            "28x28x1 conv29x2 10",
            "word 2, `conv29x2`: the image below it is 28x28; choose a smaller",
        ),
        (
            "3x8x1 conv6x2+1 10",
            "word 2, `conv6x2+1`: the image below it is 3x8; choose a smaller",
        ),
        (
            "28x28x1 conv5x2+5 10",
            "word 2, `conv5x2+5`: a border must be smaller than the kernel; write +4 or less",
        ),
        (
            "784 conv5x8 10",
            "word 2, `conv5x8`: there is no image below it",
        ),
        (
            "28x28x1 20 pool2 10",
            "word 3, `pool2`: there is no image below it",
        ),
        (
            "28x28x1 conv0x2 10",
            "word 2, `conv0x2`: all numbers of a layer must be 1",
        ),
        (
            "28x28x1 convx2 10",
            "word 2, `convx2`: no layer; write conv5x8",
        ),
        (
            "784 100 recurrent64 47",
            "word 3, `recurrent64`: a recurrent layer stands alone between inputs",
        ),
        (
            "28 recurrent64 20 47",
            "word 4, `47`: a recurrent layer stands alone between inputs",
        ),
        (
            "28 recurrent64",
            "word 2, `recurrent64`: no layer with weights follows",
        ),
        (
            "28x28x1 pool2",
            "word 2, `pool2`: no layer with weights follows",
        ),
        (
            "9 5 skip1 3",
            "word 3, `skip1`: a skip begins at a layer with weights, and 0 lie below",
        ),
        (
            "9 5 5 skip2 3",
            "word 4, `skip2`: a skip begins at a layer with weights, and 1 lie below",
        ),
        (
            "9 5 4 skip1 3",
            "word 4, `skip1`: the layer it comes from is 5 and this one 4; make",
        ),
        (
            "4x2x1 conv1x1 conv2x2+1 skip1 3",
            "word 4, `skip1`: the layer it comes from is 4x2x1 and this one 5x3x2; make",
        ),
        (
            "9 5 5 skip1",
            "word 4, `skip1`: a skip stands right behind the word of a hidden layer",
        ),
        (
            "9 5 5 skip1 skip1 3",
            "word 5, `skip1`: a skip stands right behind the word of a hidden layer",
        ),
        (
            "9 skip1 5 5 3",
            "word 2, `skip1`: a skip stands right behind the word of a hidden layer",
        ),
        (
            "4x4x1 conv1x1 conv1x1 pool2 skip1 3",
            "word 5, `skip1`: a skip stands right behind the word of a hidden layer",
        ),
        (
            "28x28x1 99999999999999999999999 2",
            "word 2, `99999999999999999999999`: a layer can have",
        ),
    ] {
        assert!(error(text).starts_with(found), "{}", error(text));
    }
}
